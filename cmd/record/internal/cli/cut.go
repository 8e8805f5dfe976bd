package cli

import (
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/spf13/cobra"
)

func (a *app) cutCommand() *cobra.Command {
	var out string
	var o splice.CutOptions
	var sel command.Selection
	cmd := &cobra.Command{
		Use:   "cut TAPE -o FILE",
		Short: "Copy a stretch of a tape",
		Long: `cut copies a stretch of a tape, or some of its topics, to a new tape. What was
retained at --from stands at the head of the new tape, which begins there.`,
		Example: `  record cut evening.hubtape --from 1h --until 2h -o hour.hubtape
  record cut evening.hubtape --topic 'zigbee2mqtt/#' --exclude 'zigbee2mqtt/bridge/#' -o devices.hubtape`,
		Args: tapes(1, 1, "one tape"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := outTape("cut", out); err != nil {
				return err
			}
			q, err := sel.Query()
			if err != nil {
				return err
			}
			o.From, o.Until, o.Topics = q.From, q.Until, q.Topics
			return a.cut(args[0], out, o)
		},
	}
	s := cmd.Flags()
	s.StringVarP(&out, "output", "o", "", "`tape` to make; it must not exist")
	sel.Register(cmd)
	s.BoolVar(&o.KeepOffsets, "keep-offsets", false, "leave the offsets as they are, so that the new tape begins with silence")
	s.BoolVar(&o.NoState, "no-state", false, "leave out what was retained at --from")
	return cmd
}

func (a *app) cut(path, out string, o splice.CutOptions) error {
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	b := a.newBar("cutting")
	o.Progress = b.at
	var res splice.Result
	err = makeTape(out, recorder.Options{Start: splice.CutStart(t, o), Labels: commonLabels([]*recorder.Tape{t})}, func(w *recorder.Writer) (err error) {
		res, err = splice.Cut(t, w, o)
		return err
	})
	b.end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%s: %s of %s, %s of them retained state\n", out, command.Count(int(res.Records), "record"), path, thousands(res.State))
	return err
}
