package service_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// A stop that comes between the two halves of a restart ends it there.
func TestStopTakesBackARestart(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Restart: func() error { clock.Sleep(v, time.Second); return nil }})
		ok(t, "start", s.Start())
		v.Go("restarter", func() { _ = s.Restart() })
		clock.Sleep(v, 500*time.Millisecond)
		ok(t, "stop", s.Stop())
		clock.Sleep(v, time.Second)
		wantState(t, "after stop", s, service.Shutdown)
	})
}

// Of two restarts at once one is refused: there is never a second life beside the
// first.
func TestRestartsDoNotOverlap(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		lives, most := 0, 0
		s := service.New(v, service.Options{Restart: func() error { clock.Sleep(v, time.Second); return nil }})
		s.Task("work", func() error {
			lives++
			most = max(most, lives)
			defer func() { lives-- }()
			return s.Wait(clock.Forever)
		})
		ok(t, "start", s.Start())
		for range 2 {
			v.Go("restarter", func() {
				if err := s.Restart(); err != nil {
					wantText(t, "the other restart", err, "another restart of it runs")
				}
			})
		}
		clock.Sleep(v, 3*time.Second)
		if most != 1 || s.Restarts() != 1 {
			t.Errorf("%d lives at once, %d restarts", most, s.Restarts())
		}
		ok(t, "stop", s.Stop())
		if lives != 0 {
			t.Errorf("%d tasks are left", lives)
		}
	})
}

// A child whose restart is half-way does not outlive its parent.
func TestStopWhileAChildRestarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		v.Go("restarter", func() { wantErr(t, "restart", c.Restart(), service.ErrStopped) })
		clock.Sleep(v, 500*time.Millisecond)
		ok(t, "stop", root.Stop())
		settle(v)
		wantState(t, "root", root, service.Shutdown)
		wantState(t, "child", c, service.Shutdown)
	})
}

// A parent that starts leaves a child alone that is about to restart, and goes on
// when it has.
func TestStartOfAParentWhileAChildRestarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		starts := 0
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{
			Name:    "c",
			Start:   func() error { starts++; return nil },
			Restart: func() error { clock.Sleep(v, time.Second); return nil },
		})
		ok(t, "add", root.Add(c))
		v.Go("restarter", func() { ok(t, "restart", c.Restart()) })
		clock.Sleep(v, 500*time.Millisecond)
		ok(t, "start", root.Start())
		wantState(t, "child", c, service.Running)
		if starts != 1 || v.Now() != time.Second {
			t.Errorf("%d starts at %v", starts, v.Now())
		}
		ok(t, "stop", root.Stop())
		wantState(t, "child", c, service.Shutdown)
	})
}

// A Restart hook that restarts is refused, and goes nowhere deeper.
func TestRestartInARestartHook(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		n := 0
		var s *service.Service
		s = service.New(v, service.Options{Name: "s", Restart: func() error {
			if n++; n > 1 {
				return nil
			}
			wantText(t, "a restart within a restart", s.Restart(), "another restart of it runs")
			return nil
		}})
		ok(t, "start", s.Start())
		ok(t, "restart", s.Restart())
		if n != 1 {
			t.Errorf("%d restarts", n)
		}
		ok(t, "stop", s.Stop())
	})
}

// The Crashed hook of a failed start may ask for a restart: the old start must
// not end the new life.
func TestCrashedHookRestarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		tries := 0
		var s *service.Service
		s = service.New(v, service.Options{Name: "s", Start: func() error {
			if tries++; tries == 1 {
				return errBoom
			}
			return nil
		}, Crashed: func(error) { ok(t, "restart", s.Restart()) }})
		wantErr(t, "start", s.Start(), errBoom)
		settle(v)
		wantState(t, "restarted", s, service.Running)
		ok(t, "stop", s.Stop())
	})
}

// A Crashed hook that takes its time does not carry its crash into the next life
// of those above.
func TestAnOldCrashDoesNotEndANewLife(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c", Crashed: func(error) { clock.Sleep(v, 10*time.Second) }})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		v.Go("crash", func() { c.Crash(errBoom) })
		clock.Sleep(v, time.Second)
		ok(t, "restart", root.Restart())
		clock.Sleep(v, time.Minute)
		wantState(t, "root", root, service.Running)
		ok(t, "stop", root.Stop())
	})
}

// Run goes on while its service restarts.
func TestRunGoesOnAfterARestart(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "root"})
		s.Task("again", func() error {
			if s.Restarts() == 0 {
				clock.Sleep(v, time.Second)
				return s.Restart()
			}
			return s.Wait(clock.Forever)
		})
		ended := false
		v.Go("run", func() {
			ok(t, "run", service.Run(s))
			ended = true
		})
		clock.Sleep(v, 5*time.Second)
		if ended || s.State() != service.Running {
			t.Errorf("Run has returned: %v, and the service is %s", ended, s.State())
		}
		ok(t, "stop", s.Stop())
		settle(v)
		if !ended {
			t.Error("Run goes on after the stop")
		}
	})
}

// What a task returns when it is told to end is part of what Run, and Stop,
// return.
func TestRunReturnsWhatFailsInTheStop(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s"})
		s.Task("work", func() error { _ = s.Wait(clock.Forever); return errBoom })
		v.Go("stop", func() { clock.Sleep(v, 1); wantErr(t, "stop", s.Stop(), errBoom) })
		wantErr(t, "run", service.Run(s), errBoom)
	})
}

// MO-083: in the next life, what was joined is started again.
func TestJoinAfterARestart(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s"})
		a := service.New(v, service.Options{Name: "a"})
		s.Task("join", func() error { return s.Join(a) })
		ok(t, "start", s.Start())
		settle(v)
		wantState(t, "a", a, service.Running)
		ok(t, "restart", s.Restart())
		settle(v)
		wantState(t, "a after the restart", a, service.Running)
		ok(t, "stop", s.Stop())
	})
}
