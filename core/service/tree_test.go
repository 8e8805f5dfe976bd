package service_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// A child that starts hears of its parent's stop.
func TestStopReachesAChildThatStarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c"})
		c = service.New(v, service.Options{Name: "c", Start: func() error {
			for c.Sleep(time.Second) {
			}
			return nil
		}})
		ok(t, "add", root.Add(c))
		v.Go("start", func() { wantErr(t, "start", root.Start(), service.ErrStopped) })
		clock.Sleep(v, 5*time.Second)
		ok(t, "stop", root.Stop())
		wantState(t, "the child", c, service.Shutdown)
		if v.Now() != 5*time.Second {
			t.Errorf("the stop ended at %v", v.Now())
		}
	})
}

// A hook may remove children while they are being stopped; those are left alone.
func TestChildrenRemovedInAStop(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		a, b := service.New(v, service.Options{Name: "a"}), service.New(v, service.Options{Name: "b"})
		c := service.New(v, service.Options{Name: "c", Stop: func() error {
			for _, x := range root.Children() {
				root.Remove(x)
			}
			return nil
		}})
		ok(t, "add", errors.Join(root.Add(a), root.Add(b), root.Add(c)))
		ok(t, "start", root.Start())
		ok(t, "stop", root.Stop())
		wantState(t, "a removed child", a, service.Running)
		ok(t, "stop", errors.Join(a.Stop(), b.Stop()))
	})
}

// … and while they are being started: the next one is not forgotten.
func TestChildRemovedInAStart(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		var a *service.Service
		a = service.New(v, service.Options{Name: "a", Started: func() error { root.Remove(a); return nil }})
		b := service.New(v, service.Options{Name: "b"})
		ok(t, "add", errors.Join(root.Add(a), root.Add(b)))
		ok(t, "start", root.Start())
		wantState(t, "b", b, service.Running)
		ok(t, "stop", root.Stop())
		ok(t, "stop", a.Stop())
	})
}

// A task that is added when the others have been started is started too.
func TestTaskAddedWhileItStarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		ran := false
		c := service.New(v, service.Options{Name: "c", Start: func() error {
			root.Task("late", func() error { ran = true; return nil })
			return nil
		}})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		settle(v)
		if !ran {
			t.Error("the task never began")
		}
		ok(t, "stop", root.Stop())
	})
}

// What is added while it stops is not started once its new parent stops.
func TestAddWhatStops(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		ok(t, "start", errors.Join(root.Start(), c.Start()))
		v.Go("stop", func() { ok(t, "stop", c.Stop()) })
		v.Yield()
		v.Go("add", func() { wantErr(t, "add", root.Add(c), service.ErrStopped) })
		v.Yield()
		ok(t, "stop", root.Stop())
		settle(v)
		wantState(t, "c", c, service.Shutdown)
	})
}

// MO-032: when Stop returns, everything but what hangs has been stopped.
func TestSiblingsOfWhatHangsAreStopped(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "app"})
		deaf := service.New(v, service.Options{Name: "deaf"})
		deaf.Task("sleeper", func() error { clock.Sleep(v, time.Hour); return nil })
		var d diary
		other := service.New(v, d.options("other"))
		ok(t, "add", errors.Join(s.Add(other), s.Add(deaf)))
		ok(t, "start", s.Start())
		settle(v)
		wantText(t, "stop", s.Stop(), "child deaf: deaf did not stop")
		wantState(t, "the other when Stop has returned", other, service.Shutdown)
	})
}

// A child cannot be started below what stops: nobody would stop it again.
func TestStartBelowWhatStops(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		child := service.New(v, service.Options{Name: "child"})
		ok(t, "start", root.Start())
		v.Go("stopper", func() { ok(t, "stop", root.Stop()) })
		clock.Sleep(v, 500*time.Millisecond)
		ok(t, "add", root.Add(child))
		wantState(t, "added to what stops", child, service.Init)
		wantErr(t, "start", child.Start(), service.ErrStopped)
		wantErr(t, "restart", child.Restart(), service.ErrStopped)
		wantState(t, "and not started", child, service.Init)
		clock.Sleep(v, time.Second)
		ok(t, "once the parent is gone", child.Start())
		ok(t, "stop", child.Stop())
	})
}

// … and of its crash, which fails the start.
func TestCrashReachesAChildThatStarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		var c *service.Service
		c = service.New(v, service.Options{Name: "c", Start: func() error {
			for c.Sleep(time.Second) {
			}
			return nil
		}})
		ok(t, "add", root.Add(c))
		root.Task("work", func() error { root.Sleep(3 * time.Second); return errBoom })
		wantErr(t, "start", root.Start(), errBoom)
		wantState(t, "the child", c, service.Shutdown)
		if v.Now() != 3*time.Second {
			t.Errorf("the start ended at %v", v.Now())
		}
	})
}
