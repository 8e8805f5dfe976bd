package clock_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// 1,000 periodic timers: ours, and the same under testing/synctest, in one run.
func BenchmarkTimers(b *testing.B) {
	b.Run("virtual", func(b *testing.B) {
		v := clock.NewVirtual(clock.VirtualOptions{StepLimit: 1 << 60})
		defer v.Close()
		s := v.NewSignal("ticks")
		fired := 0
		type periodic struct {
			timer  clock.Timer
			at     time.Duration
			period time.Duration
		}
		for i := range 1000 {
			p := &periodic{period: time.Second + time.Duration(i)*time.Microsecond}
			p.at = p.period
			p.timer = v.NewTimer(s, p)
			p.timer.Start(p.at)
		}
		done := v.NewSignal("done")
		v.Go("ticker", func() {
			for s.Wait(clock.Forever) == nil {
				for owner, ok := s.Fired(); ok; owner, ok = s.Fired() {
					p := owner.(*periodic)
					if fired++; fired == b.N {
						done.Set()
					}
					p.at += p.period
					p.timer.Again(p.at)
				}
			}
		})
		b.ReportAllocs()
		b.ResetTimer()
		if err := done.Wait(clock.Forever); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("synctest", func(b *testing.B) {
		n := max(b.N/1000, 1)
		took := runInBubble(b, func() {
			done := make(chan struct{})
			for i := range 1000 {
				period := time.Second + time.Duration(i)*time.Microsecond
				go func() {
					tick := time.NewTicker(period)
					defer tick.Stop()
					for range n {
						<-tick.C
					}
					done <- struct{}{}
				}()
			}
			for range 1000 {
				<-done
			}
		})
		b.ReportMetric(float64(n*1000)/took.Seconds(), "events/s")
	})
}

// runInBubble runs fn under synctest, which only a testing.T can start, and
// returns the real time it took.
func runInBubble(b *testing.B, fn func()) time.Duration {
	began := time.Now()
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: fmt.Sprint("bubble", b.N),
		F:    func(t *testing.T) { synctest.Test(t, func(*testing.T) { fn() }) },
	}})
	if !ok {
		b.Fatal("the bubble failed")
	}
	return time.Since(began)
}

func BenchmarkPost(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: 1 << 60})
	defer v.Close()
	n := 0
	var post func()
	post = func() {
		if n++; n < b.N {
			v.Post(post)
		}
	}
	b.ReportAllocs()
	v.Post(post)
	if err := v.Settle(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkSwitch(b *testing.B) {
	for _, c := range []struct {
		name string
		rt   clock.Runtime
	}{
		{"virtual", clock.NewVirtual(clock.VirtualOptions{StepLimit: 1 << 60})},
		{"system", clock.NewSystem(clock.SystemOptions{})},
	} {
		b.Run(c.name, func(b *testing.B) {
			ping, pong := c.rt.NewSignal("ping"), c.rt.NewSignal("pong")
			b.ReportAllocs()
			err := c.rt.Run("caller", func() {
				c.rt.Go("answerer", func() {
					for range b.N {
						_ = ping.Wait(clock.Forever)
						pong.Set()
					}
				})
				for range b.N {
					ping.Set()
					_ = pong.Wait(clock.Forever)
				}
			})
			if err != nil {
				b.Fatal(err)
			}
		})
		_ = c.rt.Close()
	}
}
