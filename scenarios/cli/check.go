package cli

import (
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/spf13/cobra"
)

const checkLong = `check reads scenario files, or all *.yaml under a folder, and looks whether
everything in them can be understood: keys, types, filters, expressions, tapes
that are there, automations of this binary and their parameters. It runs nothing.`

func (a *app) checkCommand() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Validate scenario files without running them",
		Long:  checkLong,
		Example: `  simrun check scenarios/
  simrun check hallway.yaml --strict`,
		RunE: func(_ *cobra.Command, args []string) error { return a.check(args, strict) },
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings fail")
	return cmd
}

func (a *app) check(paths []string, strict bool) error {
	if len(paths) == 0 {
		return command.Usagef("check wants a scenario file or a folder; see `%s check --help`", a.Name)
	}
	found, err := a.open(paths)
	if err != nil {
		return err
	}
	defer found.Close()
	code := command.OK
	for _, i := range found.items {
		n, err := a.checkOne(i)
		if err != nil {
			return err
		}
		if n == command.Failed && !strict {
			n = command.OK
		}
		code = worse(code, n)
	}
	return command.Exit(code)
}

// checkItem looks at a file and all it names. The error is why it cannot run.
func (a *app) checkItem(i *item) (err error) {
	if i.err != nil {
		return i.err
	}
	panicked := guard(0, func() { err = i.scenario.Check(a.Apps) })
	if panicked != nil {
		return panicked
	}
	return err
}

// checkOne prints what is to be said of a file. The code is Usage for faults and
// Failed for warnings; the error is of the output.
func (a *app) checkOne(i *item) (code int, err error) {
	if fault := a.checkItem(i); fault != nil {
		for _, f := range errorFailures(i, fault) {
			fmt.Fprintln(a.Err, f.text)
		}
		return command.Usage, nil
	}
	for _, w := range i.scenario.Warnings {
		if _, err := fmt.Fprintf(a.Out, "warning: %v\n", w); err != nil {
			return code, err
		}
		code = command.Failed
	}
	_, err = fmt.Fprintf(a.Out, "%s: ok\n", i.file)
	return code, err
}
