package cli

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/splice"
	"github.com/spf13/cobra"
)

func (a *app) mergeCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "merge TAPE... -o FILE",
		Short: "Make one tape of several, by time",
		Long: `merge makes one tape of several hubs', by wall time where all tapes know it, else
by offset. NAME=TAPE puts NAME/ before the topics of a tape, to tell hubs apart.

The parts of one recording become the whole recording again, in whatever order
they are given.`,
		Example: `  record merge attic=attic.hubtape cellar=cellar.hubtape -o house.hubtape
  record merge house-*.hubtape -o house.hubtape`,
		Args: tapes(1, 1<<20, "tapes to merge"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := outTape("merge", out); err != nil {
				return err
			}
			return a.merge(args, out)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`tape` to make; it must not exist")
	return cmd
}

func (a *app) merge(args []string, out string) error {
	paths, prefixes := make([]string, len(args)), make([]string, len(args))
	for i, arg := range args {
		paths[i] = arg
		if m := named.FindStringSubmatch(arg); m != nil {
			prefixes[i], paths[i] = m[1]+"/", m[2]
		}
		if filepath.Clean(paths[i]) == filepath.Clean(out) {
			return usagef("-o %s is one of the tapes to merge; choose another name", out)
		}
	}
	tapes, closeAll, err := openAll(paths)
	if err != nil {
		return err
	}
	defer closeAll()
	srcs := make([]splice.Source, len(tapes))
	for i, t := range tapes {
		srcs[i] = splice.Source{Tape: t, Prefix: prefixes[i]}
	}
	b := a.newBar("merging")
	var res splice.Result
	err = makeTape(out, recorder.Options{Start: splice.MergeStart(srcs), Labels: commonLabels(tapes)}, func(w *recorder.Writer) (err error) {
		res, err = splice.Merge(w, srcs, splice.MergeOptions{Progress: b.at})
		return err
	})
	b.end()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s of %s", out, command.Count(int(res.Records), "record"), command.Count(len(tapes), "tape"))
	if res.Dropped > 0 {
		text += fmt.Sprintf("; %s at the borders of parts left out", command.Count(int(res.Dropped), "record"))
	}
	if res.Held > 0 {
		text += fmt.Sprintf("; %s a moment later than its clock says, as the part before had not ended", command.Count(int(res.Held), "record"))
	}
	_, err = fmt.Fprintln(a.Out, text)
	return err
}

// commonLabels are the labels that all tapes have, but for those of parts.
func commonLabels(tapes []*recorder.Tape) (out []recorder.Label) {
	for _, l := range tapes[0].Info().Labels {
		all := l.Key != recorder.LabelPart && l.Key != recorder.LabelRecording
		for _, t := range tapes[1:] {
			all = all && slices.Contains(t.Info().Labels, l)
		}
		if all {
			out = append(out, l)
		}
	}
	return out
}
