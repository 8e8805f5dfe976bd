package proactor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor"
)

// diary is what a child has reported, also one that was stopped and started anew.
type diary struct {
	ids  []string        // in the order they were generated
	kept map[string]bool // those that were only stored at first: nobody could have heard them
	full bool            // nothing is reported any more
}

func newDiary() *diary { return &diary{kept: map[string]bool{}} }

// reporter writes into the diary.
type reporter struct {
	t     *testing.T
	of    *member
	diary *diary
	every *loop.Timer
}

// reportEvery is how often.
const reportEvery = 3 * time.Millisecond

func (r *reporter) Name() string                   { return "reporter" }
func (r *reporter) Process(proactor.Message) error { return nil }

func (r *reporter) Start() (err error) {
	r.every, err = r.of.Env().Loop.Every(reportEvery, r.report)
	return err
}

func (r *reporter) End() error {
	r.every.Stop()
	return nil
}

func (r *reporter) report() {
	if r.diary.full {
		return
	}
	e := &report{N: len(r.diary.ids)}
	alone := !r.of.state(r.t, "parent").ActiveForSend()
	if err := r.of.Generate(e); err != nil {
		r.t.Error(err)
	}
	r.diary.ids = append(r.diary.ids, e.MessageID)
	r.diary.kept[e.MessageID] = alone
}

// alone is how many were only stored at first.
func (d *diary) alone() (n int) {
	for _, id := range d.ids {
		if d.kept[id] {
			n++
		}
	}
	return n
}

// check holds what a parent got, in its order, to the diary. All of it comes, and
// nothing else. What comes for the first time is two streams, each in the order of
// the diary: reports as they are generated, and those that are sent again. Of a
// report that was only stored at first it is known that it is of the second.
func (d *diary) check(t *testing.T, got []string) {
	t.Helper()
	number := map[string]int{}
	for n, id := range d.ids {
		_, twice := number[id]
		require.False(t, twice, "%s is used twice", id)
		number[id] = n
	}
	live, again, kept := -1, -1, -1
	came := firsts(got)
	for _, id := range came {
		n, known := number[id]
		require.True(t, known, "%s was never reported", id)
		if d.kept[id] {
			require.Greater(t, n, kept, "what was stored comes in its order")
			kept = n
		}
		if n > live {
			live = n
			continue
		}
		require.Greater(t, n, again, "it comes in more than two streams")
		again = n
	}
	require.Equal(t, len(d.ids), len(came), "all of it came")
}

// commEvents are those of the events a member got that tell of a link.
func (m *member) commEvents() []string {
	return slices.DeleteFunc(slices.Clone(m.got), func(g string) bool { return !strings.HasPrefix(g, "gridworks.event.comm.") })
}
