package cli

import (
	"fmt"
	"path/filepath"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/spf13/cobra"
)

const rootLong = `simrun plays recordings of MQTT hubs against automations, in virtual time, and
says what the automations did differently from what a scenario expects.

A scenario is a YAML file: which automation, which tape, what happens, what must
follow. The same scenario, automation and seed give the same run, down to the
digest in its line.

Exit codes: 0 all well; 1 an expectation failed; 2 wrong usage, or a file that
cannot be understood; 3 the world outside failed: a full disk, a tape that is
being recorded; 130 and 143 stopped by SIGINT and SIGTERM.`

const rootExample = `  simrun
  simrun scenarios/
  simrun hallway.yaml --seeds 0-999 --fail-fast
  simrun scenarios/ --tag lights --junit report.xml --html report.html --github
  simrun hallway.yaml --watch
  simrun check scenarios/
  simrun new evening.hubtape --app hallway-light > hallway.yaml
  simrun play evening.hubtape --to mqtt://localhost --speed 10x`

func (a *app) root() *cobra.Command {
	var o runFlags
	root := &cobra.Command{
		Use:           filepath.Base(a.Name),
		Short:         "Run automations against recorded hubs, in virtual time",
		Long:          rootLong,
		Example:       rootExample,
		Version:       command.Version("simrun"),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd, args, &o)
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return command.Usagef("%s; see `%s --help`", err, cmd.CommandPath())
	})
	root.SetVersionTemplate("{{.Version}}\n")
	a.logging.Register(root)
	o.register(root)
	root.AddCommand(a.runCommand(), a.checkCommand(), a.newCommand(), a.playCommand(), a.appsCommand(), a.schemaCommand())
	return root
}

const schemaLong = `schema prints the JSON Schema (draft 2020-12) of scenario files. An editor that
knows it completes keys, shows what they mean, with an example, and marks what is
wrong while it is written.

For editors with the YAML language server (VS Code with the YAML extension,
Neovim, Helix, Zed and others) keep the schema beside the scenarios and begin
each with this line:

  # yaml-language-server: $schema=scenario.schema.json

The path is relative to the scenario; nothing is fetched from anywhere. In VS
Code a setting does it for all at once:

  "yaml.schemas": {"./scenario.schema.json": "scenarios/**/*.yaml"}

JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema
Mappings. Print it again after an update of the program.

The schema marks what has a wrong form. What needs more than that, expressions,
names that must agree, files that must be there, is for ` + "`simrun check`" + `.`

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of scenario files, for editors",
		Long:    schemaLong,
		Example: `  simrun schema > scenarios/scenario.schema.json`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.Out.Write(scenarios.Schema())
			return err
		},
	}
}

func (a *app) appsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "apps",
		Short:   "List the automations in this binary, with their parameters",
		Example: `  simrun apps`,
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return a.listApps() },
	}
}

func (a *app) listApps() error {
	if len(a.Apps) == 0 {
		_, err := fmt.Fprintln(a.Out, "this binary has no automations; add them with cli.Main(scenarios.App(\"name\", pkg.New))")
		return err
	}
	for _, e := range a.Apps {
		if _, err := fmt.Fprintln(a.Out, e.Name); err != nil {
			return err
		}
		width := 0
		for _, p := range e.Params {
			width = max(width, len(p.Name))
		}
		for _, p := range e.Params {
			if _, err := fmt.Fprintf(a.Out, "  %-*s  %s\n", width, p.Name, p.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return command.Usagef("%s takes no arguments, and got %q; see `%s --help`", cmd.Name(), args[0], cmd.CommandPath())
	}
	return nil
}
