package main

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/quartz"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/jonboulle/clockwork"
)

const periodic = 1000

func period(i int) time.Duration { return time.Second + time.Duration(i)*time.Microsecond }

// timers runs 1,000 periodic timers for a virtual hour (fewer periods for the
// slower systems) and compares events a second.
func timers() (result, error) {
	ours, err := loopTimers(time.Hour)
	if err != nil {
		return result{}, err
	}
	bubble := synctestTimers(10 * time.Minute)
	wait := clockworkTimers(2 * time.Second)
	mock := quartzTimers(2 * time.Second)
	return result{
		ours:  fmt.Sprintf("%.1f M events/s", ours/1e6),
		peers: fmt.Sprintf("synctest %.1f M (%.1f×), quartz %.0f k, clockwork %.0f k", bubble/1e6, ours/bubble, mock/1e3, wait/1e3),
		met:   atLeast(ours/bubble, 5),
	}, nil
}

func rate(n int, began time.Time) float64 { return float64(n) / time.Since(began).Seconds() }

func loopTimers(d time.Duration) (float64, error) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	n := 0
	l := loop.New(v, loop.Options{})
	for i := range periodic {
		if _, err := l.Every(period(i), func() { n++ }); err != nil {
			return 0, err
		}
	}
	v.Go("loop", func() { l.Run() })
	began := time.Now()
	err := v.Advance(d)
	r := rate(n, began)
	return r, errors.Join(err, v.Close())
}

func synctestTimers(d time.Duration) float64 {
	n := make([]int, periodic)
	began := time.Now()
	synctest.Test(bubble, func(*testing.T) {
		end := time.Now().Add(d)
		done := make(chan struct{})
		for i := range periodic {
			go func() {
				tick := time.NewTicker(period(i))
				for at := range tick.C {
					if n[i]++; !at.Before(end) {
						break
					}
				}
				tick.Stop()
				done <- struct{}{}
			}()
		}
		for range periodic {
			<-done
		}
	})
	sum := 0
	for _, x := range n {
		sum += x
	}
	return rate(sum, began)
}

func clockworkTimers(d time.Duration) float64 {
	c := clockwork.NewFakeClockAt(clock.DefaultStart)
	n := 0
	for i := range periodic {
		var again func()
		again = func() {
			n++
			c.AfterFunc(period(i), again)
		}
		c.AfterFunc(period(i), again)
	}
	began := time.Now()
	for end := c.Now().Add(d); c.Now().Before(end); {
		c.Advance(time.Millisecond)
	}
	return rate(max(n, 1), began)
}

func quartzTimers(d time.Duration) float64 {
	t := &quartzT{}
	mock := quartz.NewMock(t)
	n := 0
	for i := range periodic {
		var timer *quartz.Timer
		timer = mock.AfterFunc(period(i), func() {
			n++
			timer.Reset(period(i))
		})
	}
	began := time.Now()
	for at := time.Duration(0); at < d; {
		step, w := mock.AdvanceNext()
		w.MustWait(t.Context())
		at += step
	}
	return rate(n, began)
}

// post is what a callback costs that was posted from a callback.
func post() (result, error) {
	var failed error
	b := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
		l := loop.New(v, loop.Options{})
		n := 0
		var fn func()
		fn = func() {
			if n++; n < b.N {
				l.Post(fn)
			}
		}
		for range 100 { // as many are under way at once
			l.Post(fn)
		}
		v.Go("loop", func() { l.Run() })
		b.ResetTimer()
		failed = errors.Join(v.Settle(), v.Close())
	})
	ns := float64(b.NsPerOp())
	met := atMost(ns, 50)
	if b.AllocsPerOp() > 0 {
		met = "no: it allocates"
	}
	return result{fmt.Sprintf("%.0f ns, %d allocs", ns, b.AllocsPerOp()), "pyziggy 2,500 ns (measured elsewhere)", met}, failed
}
