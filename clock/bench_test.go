package clock_test

import (
	"math"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
)

// 1,000 periodic timers of one task; one operation is one firing.
func BenchmarkTimers(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
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
}

func BenchmarkPost(b *testing.B) {
	v := clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})
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
		{"virtual", clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt})},
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
