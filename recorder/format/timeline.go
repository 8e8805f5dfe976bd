package format

import (
	"errors"
	"math"
	"time"
)

// moment is what a source says about the time of a record; the zero value:
// nothing.
type moment struct {
	is momentKind
	ns int64 // of an offset since the recording began, or of wall time since 1970
}

type momentKind uint8

const (
	atUnknown momentKind = iota
	atOffset
	atWall
)

func offset(d time.Duration) moment { return moment{atOffset, int64(d)} }

// wallTime is a moment in ns since 1970.
func wallTime(ns int64) moment { return moment{atWall, ns} }

// timeline places records in time: the first wall time is the start, a missing
// time is that of the record before, and one that steps back is held.
type timeline struct {
	start   int64 // wall time of offset 0, once there was one
	started bool
	last    time.Duration // the latest offset seen
}

var errFar = errors.New("its time is centuries after the one before")

// anchor says what wall time offset 0 is; the first to say it is right.
func (t *timeline) anchor(start int64) {
	if !t.started {
		t.started, t.start = true, start
	}
}

func (t *timeline) place(m moment) (at time.Duration, held bool, err error) {
	at = t.last
	switch m.is {
	case atOffset:
		at = time.Duration(m.ns)
	case atWall:
		t.anchor(m.ns - int64(t.last))
		if t.start < 0 && m.ns > math.MaxInt64+t.start {
			return 0, false, errFar
		}
		at = time.Duration(m.ns - t.start)
	}
	held = at < t.last
	t.last = max(t.last, at)
	return t.last, held, nil
}
