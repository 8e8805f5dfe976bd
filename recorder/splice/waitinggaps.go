package splice

import (
	"bytes"
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// gap is a gap that has not been written: where it stands depends on what the
// other sources say until it ends.
type gap struct {
	from, until time.Duration
	rec         recorder.Record
}

func gapOf(r *recorder.Record) gap {
	g := gap{rec: *r}
	g.rec.Payload = bytes.Clone(r.Payload) // a cursor's memory is used again
	g.from, g.until = r.Gap()
	return g
}

// record returns the gap told where it began, or where it ended if something
// stands in between.
func (g *gap) record(last time.Duration) recorder.Record {
	r := g.rec
	was := r.At
	r.At, r.Until = g.from, g.until
	if g.from < last {
		r.At, r.Until = g.until, g.from
	}
	if r.Wall != 0 {
		r.Wall += int64(r.At - was)
	}
	return r
}

// waitingMost bounds the gaps that wait. There is no more than one a hub at a
// time on a tape as a recorder writes it.
const waitingMost = 1024

// waitingGaps are gaps that have begun and not ended, by their end.
type waitingGaps []gap

func (w *waitingGaps) full() bool { return len(*w) >= waitingMost }

// add lets a gap wait.
func (w *waitingGaps) add(g gap) {
	i := len(*w)
	for i > 0 && (*w)[i-1].until > g.until {
		i--
	}
	*w = slices.Insert(*w, i, g)
}

// take takes out the next gap that has ended by then.
func (w *waitingGaps) take(by time.Duration) (g gap, ok bool) {
	if len(*w) == 0 || (*w)[0].until > by {
		return g, false
	}
	g = (*w)[0]
	*w = slices.Delete(*w, 0, 1)
	return g, true
}
