package cli

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
	"github.com/spf13/cobra"
)

// duration is a flag like 1h30m, 180ms, or with days: 2d12h.
type duration time.Duration

func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

func (d *duration) Type() string { return "duration" }

func (d *duration) Set(s string) error {
	v, err := parseDuration(s)
	*d = duration(v)
	return err
}

func parseDuration(s string) (time.Duration, error) {
	d, err := clock.ParseDuration(s)
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is below zero", s)
	}
	if err != nil {
		return 0, usagef("%s", err)
	}
	return d, nil
}

// selection are the flags that choose records of a tape.
type selection struct {
	from, until     duration
	topics, exclude []string
}

func (s *selection) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Var(&s.from, "from", "first offset from the tape's start, like 1h30m")
	f.Var(&s.until, "until", "last offset, that instant included")
	f.StringArrayVar(&s.topics, "topic", nil, "only topics that match this `filter`; may be given again")
	f.StringArrayVar(&s.exclude, "exclude", nil, "no topics that match this `filter`; may be given again")
}

func (s *selection) query() (recorder.Query, error) {
	q := recorder.Query{From: time.Duration(s.from), Until: time.Duration(s.until), Transient: true}
	q.Topics.Include, q.Topics.Exclude = s.topics, s.exclude
	return q, q.Validate()
}
