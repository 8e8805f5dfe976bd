package cli

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// underWay knows the runs that are being made. It is safe for concurrent use;
// the zero value is ready.
type underWay struct {
	mu   sync.Mutex
	runs []*current // the oldest first
}

// current is a run that is being made.
type current struct {
	unit
	began time.Time
	at    atomic.Int64 // how far its world is; only where that is watched
}

func (w *underWay) begin(u unit) *current {
	c := &current{unit: u, began: time.Now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs = append(w.runs, c)
	return c
}

func (w *underWay) end(c *current) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.runs = slices.DeleteFunc(w.runs, func(o *current) bool { return o == c })
}

// reached is how far the run is now.
func (c *current) reached(at time.Duration) { c.at.Store(int64(at)) }

// longest describes the run that has been under way longest, if for at least so
// long; else it is "".
func (w *underWay) longest(least time.Duration) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.runs) == 0 || time.Since(w.runs[0].began) < least {
		return ""
	}
	c := w.runs[0]
	text := c.item.name()
	if c.seed != 0 {
		text += fmt.Sprintf(" (seed %d)", c.seed)
	}
	if at := time.Duration(c.at.Load()); at > 0 {
		text += " at " + virtualText(at.Truncate(time.Second))
	}
	return text
}
