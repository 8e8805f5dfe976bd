package cli

import (
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/spf13/cobra"
)

func (a *app) redactCommand() *cobra.Command {
	var out string
	var rules redactFlags
	cmd := &cobra.Command{
		Use:   "redact TAPE -o FILE",
		Short: "Copy a tape with stand-ins in place of secrets",
		Long: `redact copies a tape with stand-ins in place of secrets. The same secret becomes
the same stand-in on every tape that is redacted with the same key, so that what
matched still matches; without the key nobody can tell which secret it was.

The old tape stays as it is: delete it when you have looked at the new one.`,
		Example: `  record redact evening.hubtape -o public.hubtape
  record redact evening.hubtape --redact places -o public.hubtape
  record redact evening.hubtape --redact rules.yaml --redact-key team.key -o public.hubtape`,
		Args: tapes(1, 1, "one tape"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := outTape("redact", out); err != nil {
				return err
			}
			return a.redactTape(args[0], out, &rules)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`tape` to make; it must not exist")
	rules.register(cmd, "builtin")
	return cmd
}

func (a *app) redactTape(path, out string, rules *redactFlags) error {
	x, err := rules.redactor(a)
	if err != nil {
		return err
	}
	if x == nil {
		return usagef("--redact none redacts nothing; give builtin, places or a FILE")
	}
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	b := a.newBar("redacting")
	var done, changed uint64
	info := t.Info()
	err = makeTape(out, recorder.Options{Start: startOf(info), Labels: info.Labels}, func(w *recorder.Writer) error {
		_, err := splice.Copy(t, w, func(r *recorder.Record) bool {
			if x.Record(r) {
				changed++
			}
			done++
			b.at(done, info.Records)
			return true
		})
		return err
	})
	b.end()
	if err != nil {
		return err
	}
	text := fmt.Appendf(nil, "%s: %s, secrets replaced in %s of them\n", out, command.Count(int(done), "record"), thousands(changed))
	for _, r := range x.Stats().Rules {
		if r.Values > 0 {
			text = fmt.Appendf(text, "  %9s  %s\n", thousands(r.Values), r.Rule)
		}
	}
	_, err = a.Out.Write(text)
	return err
}
