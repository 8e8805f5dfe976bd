package loop_test

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
)

// What is too far away for a Duration never comes, rather than at once.
func TestTimersFarAway(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{StepLimit: 10_000}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		clock.Sleep(v, time.Second)
		wrong := func(what string) func() {
			return func() { t.Errorf("%s fired at %v", what, v.Now()) }
		}
		l.After(math.MaxInt64, wrong("After"))
		if _, err := l.Every(math.MaxInt64, wrong("Every")); err != nil {
			t.Error(err)
		}
		loop.NewSequence(l).Then(math.MaxInt64, wrong("Sequence")).Start()
		b, err := loop.NewBarriers(l, loop.BarriersOptions{At: []float64{0.5}, Hold: math.MaxInt64})
		if err != nil {
			t.Fatal(err)
		}
		b.Apply(0)
		b.Apply(1)
		l.StopAfter(24*time.Hour, 0)
		l.Run()
		if x := b.Apply(1); x != 0.5 {
			t.Errorf("a barrier that holds for ever let the dial go to %v", x)
		}
	})
}

// A flood from outside leaves the other tasks, and the end of the runtime, their
// turns.
func TestCloseUnderAFlood(t *testing.T) {
	clocktest.NotInDigest(t)
	s := clock.NewSystem(clock.SystemOptions{Guard: 2 * time.Second})
	l := loop.New(s, loop.Options{})
	s.Go("loop", func() { l.Run() })
	s.Go("other", func() { clock.Sleep(s, time.Hour) })
	stop, ran := make(chan struct{}), make(chan struct{}, 1)
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				l.Post(func() {
					for range 2000 {
						runtime.KeepAlive(s)
					}
					select {
					case ran <- struct{}{}:
					default:
					}
				})
			}
		})
	}
	<-ran
	err := s.Close()
	close(stop)
	busy.Wait()
	if err != nil {
		t.Error(err)
	}
}
