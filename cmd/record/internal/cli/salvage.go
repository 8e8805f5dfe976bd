package cli

import (
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/spf13/cobra"
)

func (a *app) salvageCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "salvage TAPE -o FILE",
		Short: "Copy what is whole on a damaged tape",
		Long: `salvage searches a damaged tape, and its side log, for whole chunks and copies
their records to a new tape. Where records are lost the new tape has a gap that
says how many.`,
		Example: `  record salvage broken.hubtape -o saved.hubtape`,
		Args:    tapes(1, 1, "one tape"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usagef("salvage needs -o FILE, the tape to make")
			}
			b := a.newBar("searching")
			s, err := recorder.Salvage(args[0], out, b.at)
			b.end()
			if err != nil {
				return err
			}
			text := fmt.Sprintf("%s: %s saved from %s; %s lost, in %s", out, command.Count(int(s.Records), "record"), command.Count(s.Chunks, "chunk"),
				command.Count(int(s.Lost), "record"), command.Count(s.Holes, "hole"))
			if s.EndUnknown {
				text += "; what tells how long the tape was is gone: if there was more behind them it is lost too"
			}
			_, err = fmt.Fprintln(a.Out, text)
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`tape` to make; it must not exist")
	return cmd
}
