package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/hubtape/hubtape/recorder/deck"
)

// How often progress is told: drawn on a terminal, logged elsewhere.
const (
	drawEvery = 500 * time.Millisecond
	logEvery  = 10 * time.Second
)

// showProgress tells how the recording goes until stop is called.
func (a *app) showProgress(d *deck.Deck) (stop func()) {
	tell, every, end := a.logProgress(), logEvery, func() {}
	if a.Terminal {
		v := newView(a.Err)
		a.screen.begin(v)
		every, end = drawEvery, a.screen.end
		tell = func(p deck.Progress) { a.screen.show(p, d.Busiest(v.topics())) }
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer end()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				tell(d.Progress())
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// logProgress writes a line of the log each time.
func (a *app) logProgress() func(deck.Progress) {
	var rate meter
	return func(p deck.Progress) {
		fields := []any{
			"elapsed", p.Elapsed.Round(time.Second), "messages", p.Messages, "per_second", int(rate.add(p.Messages, time.Now()) + 0.5),
			"topics", p.Topics, "tape_bytes", p.TapeBytes, "gaps", p.Gaps, "dropped", p.Dropped, "waiting_bytes", p.Queued, "connected", connected(p),
		}
		if p.Part > 0 {
			fields = append(fields, "part", p.Part)
		}
		a.log.Info("recording", fields...)
	}
}

func connected(p deck.Progress) bool {
	for _, s := range p.Sources {
		if !s.Connected {
			return false
		}
	}
	return true
}

// meter makes a rate of a count that rises.
type meter struct {
	count uint64
	at    time.Time
}

// add returns how much the count rose a second since the call before; 0 at the
// first one.
func (m *meter) add(count uint64, now time.Time) (rate float64) {
	if s := now.Sub(m.at).Seconds(); !m.at.IsZero() && s > 0 {
		rate = float64(count-m.count) / s
	}
	m.count, m.at = count, now
	return rate
}

// elapsed is a duration in full seconds, as 2h14m05s.
func elapsed(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 48:
		return fmt.Sprintf("%dd%02dh%02dm", h/24, h%24, m)
	case h > 0:
		return fmt.Sprintf("%dh%02dm%02ds", h, m, s)
	case m > 0:
		return fmt.Sprintf("%dm%02ds", m, s)
	}
	return fmt.Sprintf("%ds", s)
}
