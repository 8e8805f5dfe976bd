package capture

import (
	"sync"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Progress is how far a recording is.
type Progress struct {
	Elapsed   time.Duration // since the tape's start, on the hub's clock
	Messages  uint64
	Bytes     uint64 // of payloads
	Topics    int
	Gaps      uint64 // those that have ended
	Connected bool
	Rate      float64 // messages a second, since the last Progress
}

// watch is where the loop leaves numbers for other goroutines.
type watch struct {
	mu        sync.Mutex
	start     time.Time
	stats     recorder.WriterStats
	connected bool
	lastAt    time.Time
	lastCount uint64
}

func (w *watch) begin(start time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start, w.lastAt = start, start
}

// publish leaves the writer's numbers for Progress.
func (c *Capture) publish() {
	c.watch.mu.Lock()
	c.watch.stats, c.watch.connected = c.w.Stats(), !c.keeper.down
	c.watch.mu.Unlock()
}

// Progress returns how far the recording is. It may be called from any
// goroutine; Rate is for one caller.
func (c *Capture) Progress() Progress {
	w := &c.watch
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Progress{
		Messages: w.stats.Messages, Bytes: w.stats.Bytes, Topics: w.stats.Topics, Gaps: w.stats.Gaps, Connected: w.connected,
	}
	if !w.start.IsZero() {
		p.Elapsed = now.Sub(w.start) * time.Duration(c.o.TimeScale)
		if d := now.Sub(w.lastAt).Seconds(); d > 0 {
			p.Rate = float64(p.Messages-w.lastCount) / d
		}
	}
	w.lastAt, w.lastCount = now, p.Messages
	return p
}
