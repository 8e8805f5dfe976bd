package service_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func TestSleep(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		for _, how := range []string{"stop", "crash"} {
			s := service.New(v, service.Options{})
			began := v.Now()
			var slept, woken time.Duration
			var full, cut bool
			s.Task("sleeper", func() error {
				full = s.Sleep(time.Second)
				slept = v.Now() - began
				cut = s.Sleep(time.Hour)
				woken = v.Now() - began
				if s.Sleep(time.Hour) {
					t.Error("MO-093 a sleep of a service that stopped")
				}
				return nil
			})
			ok(t, "start", s.Start())
			clock.Sleep(v, 3*time.Second)
			if how == "crash" {
				s.Crash(errBoom)
			}
			ok(t, "stop", s.Stop())
			if !full || slept != time.Second || cut || woken != 3*time.Second {
				t.Errorf("MO-093 MO-094 %s: slept %v (%v), woken after %v (%v)", how, slept, full, woken, cut)
			}
		}
	})
}

func TestWait(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{})
		ok(t, "start", s.Start())
		ready := clock.NewLatch(rt, "ready")
		wantErr(t, "MO-098 a timeout is not a stop", s.Wait(rt.Now()+time.Millisecond, ready), clock.ErrTimeout)
		ready.Set()
		ok(t, "MO-095 what was waited for", s.Wait(clock.Forever, ready))
		rt.Go("stopper", func() { ok(t, "stop", s.Stop()) })
		wantErr(t, "MO-099 without latches it waits for the end", s.Wait(clock.Forever), service.ErrStopped)
		ok(t, "MO-095 what has come counts, also at the end", s.Wait(clock.Forever, ready))
		ready.Clear()
		wantErr(t, "MO-099 once stopped, at once", s.Wait(clock.Forever, ready), service.ErrStopped)
		ok(t, "stop", s.Stop())
		ok(t, "restart", s.Restart())
		rt.Go("crasher", func() { s.Crash(errBoom) })
		wantErr(t, "MO-099 a crash ends it too", s.Wait(clock.Forever, ready), service.ErrStopped)
		ok(t, "stop", s.Stop())
	})
}

func TestAwait(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{})
		ok(t, "start", s.Start())
		got, err := service.Await(s, clock.Forever, func() (int, error) { return 42, nil })
		if got != 42 || err != nil {
			t.Errorf("MO-095 Await = %d, %v", got, err)
		}
		_, err = service.Await(s, clock.Forever, func() (int, error) { return 0, errBoom })
		wantErr(t, "MO-101 errors pass on", err, errBoom)
		_, err = service.Await(s, clock.Forever, func() (int, error) { panic(errBoom) })
		wantErr(t, "MO-101 panics pass on", err, errBoom)
		_, err = service.Await(s, clock.Forever, func() (int, error) { return 0, s.Context().Err() })
		ok(t, "MO-096 not cancelled while it runs", err)
		wantState(t, "MO-101 none of that crashes", s, service.Running)

		release := clock.NewLatch(rt, "release")
		slow := func() (int, error) { return 1, release.Wait(clock.Forever) }
		_, err = service.Await(s, rt.Now()+time.Millisecond, slow)
		wantErr(t, "MO-098 timeout", err, clock.ErrTimeout)
		wantState(t, "MO-098", s, service.Running)
		rt.Go("stopper", func() {
			rt.Go("release", func() { release.Set() })
			ok(t, "stop", s.Stop())
		})
		_, err = service.Await(s, clock.Forever, slow)
		wantErr(t, "MO-096 a stop ends the wait", err, service.ErrStopped)
		if s.Context().Err() == nil {
			t.Error("MO-096 the context of a service that stopped is not cancelled")
		}
		_, err = service.Await(s, clock.Forever, slow)
		wantErr(t, "on a stopped service", err, service.ErrStopped)
		ok(t, "stop", s.Stop())
	})
}
