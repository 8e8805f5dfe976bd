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
	var sel command.Selection
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
			q, err := sel.Query()
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
	sel.Register(cmd)
	return cmd
}

func (a *app) export(tape, out string, f format.Format, q recorder.Query) error {
	t, err := recorder.Open(tape)
	if err != nil {
		return err
	}
	defer t.Close()
	b := a.newBar("exporting")
	defer b.end()
	info := t.Info()
	var lost []format.Loss
	err = command.WriteFile(out, a.Out, func(w io.Writer) error {
		e := f.NewEncoder(w, info)
		c := t.Cursor(q)
		for c.Next() {
			b.at(c.Record().Seq, info.Records)
			if err := e.Write(c.Record()); err != nil {
				return err
			}
		}
		if err := e.Close(); err != nil {
			return err
		}
		lost = e.Lost()
		return c.Err()
	})
	if err == nil {
		a.tellLost(f, lost)
	}
	return err
}

// tellLost says, once, what a format could not hold.
func (a *app) tellLost(f format.Format, lost []format.Loss) {
	for i, l := range lost {
		if i == 0 {
			fmt.Fprintf(a.Err, "record: %s does not hold: %s (%s)", f.Name, l.What, command.Count(l.Count, "record"))
			continue
		}
		fmt.Fprintf(a.Err, ", %s (%s)", l.What, command.Count(l.Count, "record"))
	}
	if len(lost) > 0 {
		fmt.Fprintln(a.Err)
	}
}
