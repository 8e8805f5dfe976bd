package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	var sel selection
	var out, name string
	_, write := format.Names()
	cmd := &cobra.Command{
		Use:   "export TAPE",
		Short: "Write a tape in another format",
		Long: `export writes the records of a tape in another format. JSON lines carry all of
it: importing them gives the same records. The output is stable text.`,
		Example: `  record export evening.hubtape > evening.jsonl
  record export evening.hubtape -o hall.jsonl --topic 'zigbee2mqtt/hall/#' --from 1h --until 2h`,
		Args: tapes(1, 1, "one tape"),
		RunE: func(_ *cobra.Command, args []string) error {
			q, err := sel.query()
			if err != nil {
				return err
			}
			f, err := format.Lookup(name)
			if err == nil && f.NewEncoder == nil {
				err = fmt.Errorf("%w: %s can only be imported", format.ErrDirection, f.Name)
			}
			if err != nil {
				return err
			}
			return a.export(args[0], out, f, q)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "`file` to write, over what is there; - is standard output")
	cmd.Flags().StringVar(&name, "format", "jsonl", strings.Join(write, " or "))
	sel.register(cmd)
	return cmd
}

func (a *app) export(tape, out string, f format.Format, q recorder.Query) error {
	t, err := recorder.Open(tape)
	if err != nil {
		return err
	}
	defer t.Close()
	return command.WriteFile(out, a.Out, func(w io.Writer) error {
		e := f.NewEncoder(w, t.Info())
		c := t.Cursor(q)
		for c.Next() {
			if err := e.Write(c.Record()); err != nil {
				return err
			}
		}
		if err := e.Close(); err != nil {
			return err
		}
		return c.Err()
	})
}
