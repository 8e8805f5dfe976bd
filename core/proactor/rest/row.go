package rest

import (
	"math"
	"time"
)

// row is a row of failures, which decides what is new and when is asked again.
type row struct {
	every, max time.Duration
	failures   int
	kind       Kind          // of the last one
	pause      time.Duration // until the next request
}

func newRow(every, max time.Duration) *row { return &row{every: every, max: max, pause: every} }

// end is a success.
func (r *row) end() { r.failures, r.pause = 0, r.every }

// add is a failure; first: the one before it was none, or of another kind.
func (r *row) add(k Kind) (first bool) {
	first = r.failures == 0 || r.kind != k
	r.failures++
	r.kind = k
	if r.pause > r.max/2 {
		r.pause = r.max
	} else {
		r.pause *= 2
	}
	return first
}

// next is when is asked after what was due: a whole number of pauses later, and
// not before now.
func (r *row) next(due, now time.Duration) time.Duration {
	missed := (now - due) / r.pause
	if at := due + (missed+1)*r.pause; at > due {
		return at
	}
	return math.MaxInt64 // the last instant there is
}
