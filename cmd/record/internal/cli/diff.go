package cli

import (
	"fmt"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/spf13/cobra"
)

// diffFlags are the flags of `record diff`.
type diffFlags struct {
	sel    command.Selection
	o      compare.Options
	time   string
	shift  string
	most   int
	asJSON bool
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff TAPE TAPE",
		Short: "Say in what the messages of two tapes differ",
		Long: `diff compares the messages of two tapes, topic by topic: which are missing on the
second one, which it has more, and which say something else. JSON payloads are
compared by value. If there is a difference the exit code is 1.`,
		Example: `  record diff monday.hubtape tuesday.hubtape --time 2s --ignore last_seen --ignore linkquality
  record diff old.hubtape new.hubtape --topic 'zigbee2mqtt/+/set' --time any --json`,
		Args: tapes(2, 2, "two tapes"),
		RunE: func(_ *cobra.Command, args []string) error { return a.diff(args[0], args[1], &f) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	f.sel.Register(cmd)
	s.StringArrayVar(&f.o.Ignore, "ignore", nil, "do not compare this `key` of JSON payloads, at any depth, or this path from the root like color.x; may be given again")
	s.StringVar(&f.time, "time", "0s", "how far apart in time two messages may be, like 100ms; any: times are not compared")
	s.StringVar(&f.shift, "shift", "0s", "add this to the times of the second tape, like 1.5s or -1.5s")
	s.Float64Var(&f.o.Number, "number", 0, "how far apart two numbers may be")
	s.BoolVar(&f.o.AnyOrder, "any-order", false, "the messages of a topic may come in any order")
	s.BoolVar(&f.o.Flags, "flags", false, "compare QoS, retain flags and properties too")
	s.IntVar(&f.most, "most", 1000, "list at most so many differences; the others are counted")
	s.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (f *diffFlags) options() (compare.Options, error) {
	o := f.o
	q, err := f.sel.Query()
	if err != nil {
		return o, err
	}
	o.Topics = q.Topics
	if o.MaxDifferences = f.most; f.most <= 0 {
		o.MaxDifferences = -1
	}
	if o.Shift, err = clock.ParseDuration(f.shift); err != nil {
		return o, usagef("--shift: %s", err)
	}
	if f.time == "any" {
		o.Time = -1
		return o, nil
	}
	if o.Time, err = clock.ParseDuration(f.time); err != nil || o.Time < 0 {
		return o, usagef("--time %q is no time; write it like 100ms, or any", f.time)
	}
	return o, nil
}

func (a *app) diff(left, right string, f *diffFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	q, err := f.sel.Query()
	if err != nil {
		return err
	}
	q.Kinds = recorder.MessageKinds()
	both, closeAll, err := openAll([]string{left, right})
	if err != nil {
		return err
	}
	defer closeAll()
	b := a.newBar("comparing")
	counted := &countedStream{Stream: both[0].Cursor(q), total: both[0].Info().Records, tell: b.at}
	rep, err := compare.Compare(counted, both[1].Cursor(q), o)
	b.end()
	if err != nil {
		return err
	}
	if f.asJSON {
		err = printJSON(a.Out, diffOf(rep))
	} else {
		_, err = fmt.Fprintf(a.Out, "%v%s\n", rep, diffSummary(rep))
	}
	if err == nil && !rep.Equal() {
		err = command.Exit(command.Failed)
	}
	return err
}

// countedStream tells a bar how far a stream has been read.
type countedStream struct {
	compare.Stream
	total uint64
	tell  func(done, total uint64)
}

func (s *countedStream) Next() bool {
	more := s.Stream.Next()
	if more {
		s.tell(s.Record().Seq, s.total)
	}
	return more
}

func diffSummary(r *compare.Report) string {
	if r.Equal() {
		return "no difference in " + command.Count(int(r.Same), "message")
	}
	return fmt.Sprintf("%s; %s the same, of %s and %s", command.Count(int(r.Total), "difference"), command.Count(int(r.Same), "message"), thousands(r.A), thousands(r.B))
}

type fieldJSON struct {
	Path string `json:"path"`
	A    string `json:"a"`
	B    string `json:"b"`
}

type differenceJSON struct {
	Kind   string      `json:"kind"`
	Topic  string      `json:"topic"`
	At     float64     `json:"at_seconds"`
	A      *float64    `json:"a_seconds"` // null: it is not on the first tape
	B      *float64    `json:"b_seconds"`
	Fields []fieldJSON `json:"fields,omitempty"`
}

type diffJSON struct {
	Equal       bool             `json:"equal"`
	A           uint64           `json:"a_messages"`
	B           uint64           `json:"b_messages"`
	Same        uint64           `json:"same"`
	Total       uint64           `json:"total"`
	Differences []differenceJSON `json:"differences"`
}

func diffOf(r *compare.Report) diffJSON {
	out := diffJSON{Equal: r.Equal(), A: r.A, B: r.B, Same: r.Same, Total: r.Total, Differences: []differenceJSON{}}
	for i := range r.Differences {
		d := &r.Differences[i]
		j := differenceJSON{Kind: d.Kind.String(), Topic: d.Topic, At: d.At.Seconds(), A: secondsOf(d.A), B: secondsOf(d.B)}
		for _, f := range d.Fields {
			j.Fields = append(j.Fields, fieldJSON(f))
		}
		out.Differences = append(out.Differences, j)
	}
	return out
}

func secondsOf(r *recorder.Record) *float64 {
	if r == nil {
		return nil
	}
	s := r.At.Seconds()
	return &s
}
