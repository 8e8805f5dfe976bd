package command

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
	"github.com/spf13/cobra"
)

// Duration is a flag like 1h30m, 180ms, or with days: 2d12h; not below zero.
type Duration time.Duration

// String is empty for 0.
func (d *Duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type names the flag's value in a help text.
func (d *Duration) Type() string { return "duration" }

// Set reads a duration.
func (d *Duration) Set(s string) error {
	v, err := parseDuration(s)
	*d = Duration(v)
	return err
}

func parseDuration(s string) (time.Duration, error) {
	d, err := clock.ParseDuration(s)
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is below zero", s)
	}
	if err != nil {
		return 0, Usagef("%s", err)
	}
	return d, nil
}

// Selection are the flags that choose records of a tape.
type Selection struct {
	from, until     Duration
	topics, exclude []string
}

// Register adds the flags to a command.
func (s *Selection) Register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var(&s.from, "from", "first offset from the tape's start, like 1h30m")
	f.Var(&s.until, "until", "last offset, that instant included")
	f.StringArrayVar(&s.topics, "topic", nil, "only topics that match this `filter`; may be given again")
	f.StringArrayVar(&s.exclude, "exclude", nil, "no topics that match this `filter`; may be given again")
}

// Query reads the flags; its records' memory is used again.
func (s *Selection) Query() (recorder.Query, error) {
	q := recorder.Query{From: time.Duration(s.from), Until: time.Duration(s.until), Transient: true}
	q.Topics.Include, q.Topics.Exclude = s.topics, s.exclude
	return q, q.Validate()
}
