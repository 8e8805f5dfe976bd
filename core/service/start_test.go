package service_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func TestOrderOfStartAndStop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		s := service.New(rt, d.options("app"))
		s.Use("file", func() (func() error, error) {
			d.note("open")
			return d.hook("close"), nil
		})
		s.Task("poll", func() error {
			d.note("task")
			defer d.note("task ends")
			return s.Wait(clock.Forever)
		})
		for _, name := range []string{"a", "b"} {
			o := d.options(name)
			o.Start = func() error { rt.Yield(); d.note(name + " start"); return nil }
			ok(t, "add", s.Add(service.New(rt, o)))
		}
		wantState(t, "new", s, service.Init)
		ok(t, "start", s.Start())
		d.want(t, "MO-066 start",
			"app first", "open", "app start", "a first", "task", "a start", "a started", "b first", "b start", "b started", "app started")
		wantState(t, "started", s, service.Running)
		ok(t, "stop", s.Stop())
		d.want(t, "MO-075 stop",
			"task ends", "app stop", "b stop", "b shutdown", "a stop", "a shutdown", "close", "app shutdown")
		wantState(t, "stopped", s, service.Shutdown)
		ok(t, "stop again", s.Stop())
		d.want(t, "stopping what has stopped does nothing")
	})
}

func TestStartTwice(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{Name: "app"})
		ok(t, "start", s.Start())
		wantText(t, "MO-012 start twice", s.Start(), "cannot start app: it is running")
		if did, err := s.MaybeStart(); did || err != nil {
			t.Errorf("MO-013 MaybeStart of what runs = %v, %v", did, err)
		}
		ok(t, "stop", s.Stop())
		wantText(t, "start after a stop", s.Start(), "shut down", "use Restart")
		other := service.New(rt, service.Options{})
		if did, err := other.MaybeStart(); !did || err != nil || other.State() != service.Running {
			t.Errorf("MO-013 MaybeStart of what never ran = %v, %v", did, err)
		}
		ok(t, "stop", other.Stop())
	})
}

// A crash in the middle of a start fails it, and what started is stopped again.
func TestCrashDuringStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{Name: "app"})
		s.Task("work", func() error { return errBoom })
		child := service.New(rt, service.Options{Name: "child", Start: func() error { settle(rt); return nil }})
		never := service.New(rt, service.Options{Name: "never"})
		ok(t, "add", errors.Join(s.Add(child), s.Add(never)))
		wantErr(t, "start", s.Start(), errBoom)
		wantState(t, "the service", s, service.Crashed)
		wantState(t, "the child that was starting", child, service.Shutdown)
		wantState(t, "the child after it", never, service.Init)
	})
}

// Work off the runtime hears of a stop by the context, also in a start.
func TestStopCancelsTheContextOfAStart(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	ok(t, "run", s.Run("test", func() {
		var app *service.Service
		app = service.New(s, service.Options{Start: func() error {
			ctx := app.Context()
			s.Blocking(func() { <-ctx.Done() })
			return nil
		}})
		s.Go("stopper", func() { ok(t, "stop", app.Stop()) })
		wantErr(t, "start", app.Start(), service.ErrStopped)
	}))
}

// A stop asked for in the middle of a start ends it there.
func TestStopDuringStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, at := range []string{"first", "open", "start", "child", "outside"} {
			var d diary
			o := d.options("app")
			var s *service.Service
			stopAt := func(here string) func() error {
				return func() error {
					d.note(here)
					if here == at {
						ok(t, "MO-035 a stop from a hook is a request", s.Stop())
					}
					return nil
				}
			}
			o.FirstStart, o.Start = stopAt("first"), stopAt("start")
			s = service.New(rt, o)
			s.Use("file", func() (func() error, error) { return d.hook("close"), stopAt("open")() })
			s.Use("second file", func() (func() error, error) {
				if at == "first" || at == "open" {
					t.Errorf("MO-067 a step after the stop at %s", at)
				}
				return nil, nil
			})
			child := service.New(rt, service.Options{Name: "child", Start: func() error {
				if at == "outside" {
					rt.Go("outside", func() { ok(t, "MO-067 stop from outside", s.Stop()) })
					settle(rt)
				}
				return stopAt("child")()
			}})
			ok(t, "add", s.Add(child))
			wantErr(t, "MO-067 start that is stopped at "+at, s.Start(), service.ErrStopped)
			wantState(t, "MO-067 "+at, s, service.Shutdown)
			switch at {
			case "first":
				d.want(t, "MO-067 "+at, "first")
			case "open":
				d.want(t, "MO-067 "+at, "first", "open", "close")
			case "start":
				d.want(t, "MO-067 "+at, "first", "open", "start", "app stop", "close", "app shutdown")
			default:
				d.want(t, "MO-067 "+at, "first", "open", "start", "child", "app stop", "close", "app shutdown")
				wantState(t, "MO-067 the child is stopped again", child, service.Shutdown)
			}
			settle(rt)
		}
	})
}

func TestStartFails(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		o := d.options("app")
		o.Start = func() error { return errBoom }
		s := service.New(rt, o)
		s.Use("file", func() (func() error, error) { return d.hook("close"), nil })
		err := s.Start()
		wantErr(t, "MO-069", err, errBoom)
		wantText(t, "MO-069", err, "app: start hook: boom")
		d.want(t, "MO-069 the resources are closed, no hook of a stop is called", "app first", "close")
		wantState(t, "MO-024", s, service.Crashed)
		wantErr(t, "MO-024 the reason is kept", s.Err(), errBoom)
		if did, err := s.MaybeStart(); did || err != nil {
			t.Errorf("MO-024 MaybeStart after a failed start = %v, %v", did, err)
		}
		wantText(t, "MO-024 start", s.Start(), "crashed", "use Restart")
		ok(t, "MO-024 stop", s.Stop())
		d.want(t, "MO-024 stop returns at once")
	})
}

func TestEveryStepOfAStartMayFail(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		fail := func() error { return errBoom }
		for step, o := range map[string]service.Options{
			"first start hook": {FirstStart: fail},
			"started hook":     {Started: fail},
			"panic":            {Start: func() error { panic(errBoom) }},
		} {
			s := service.New(rt, o)
			err := s.Start()
			wantErr(t, step, err, errBoom)
			wantText(t, step, err, step)
			wantState(t, step, s, service.Crashed)
		}
		s := service.New(rt, service.Options{})
		s.Use("file", func() (func() error, error) { return nil, errBoom })
		wantText(t, "resource", s.Start(), "open file: boom")
		s = service.New(rt, service.Options{Dependencies: func() []*service.Service { return []*service.Service{s} }})
		ok(t, "a child that crashed before begins anew", s.Stop())
	})
}

func TestChildThatDoesNotStartRollsBack(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		s := service.New(rt, d.options("app"))
		first, last := service.New(rt, d.options("a")), service.New(rt, d.options("c"))
		bad := service.New(rt, service.Options{Name: "b", Start: func() error { return errBoom }})
		for _, child := range []*service.Service{first, nil, bad, last} {
			ok(t, "MO-068 add", s.Add(child))
		}
		err := s.Start()
		wantErr(t, "MO-070", err, errBoom)
		wantText(t, "MO-070 the error says where", err, "app: child b: b: start hook: boom")
		d.want(t, "MO-070", "app first", "app start", "a first", "a start", "a started",
			"app stop", "a stop", "a shutdown", "app shutdown")
		wantState(t, "MO-070 the earlier child", first, service.Shutdown)
		wantState(t, "MO-070 the later child", last, service.Init)
		wantState(t, "MO-070 the parent", s, service.Crashed)
	})
}

func TestDependencies(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		asked := 0
		dep := service.New(rt, service.Options{Name: "dep"})
		s := service.New(rt, service.Options{Dependencies: func() []*service.Service {
			asked++
			return []*service.Service{dep}
		}})
		if len(s.Children()) != 0 {
			t.Error("MO-071 dependencies before the first start")
		}
		ok(t, "start", s.Start())
		wantState(t, "MO-071 the dependency", dep, service.Running)
		ok(t, "restart", s.Restart())
		if asked != 1 || len(s.Children()) != 1 {
			t.Errorf("MO-071 asked %d times for dependencies, %d children", asked, len(s.Children()))
		}

		late := service.New(rt, service.Options{Name: "late"})
		ok(t, "add at run time", s.Add(late))
		wantState(t, "MO-072 added to what runs", late, service.Running)
		bad := service.New(rt, service.Options{Name: "bad", Start: func() error { return errBoom }})
		wantErr(t, "MO-072 add what does not start", s.Add(bad), errBoom)
		wantState(t, "MO-072 the parent goes on", s, service.Running)
		early := service.New(rt, service.Options{Name: "early"})
		ok(t, "add", service.New(rt, service.Options{}).Add(early))
		wantState(t, "MO-072 added to what does not run", early, service.Init)
		ok(t, "stop", s.Stop())
		wantState(t, "MO-072 stopped with its parent", late, service.Shutdown)
	})
}

func TestTreeRefusesLoops(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		a, b := service.New(rt, service.Options{Name: "a"}), service.New(rt, service.Options{Name: "b"})
		ok(t, "add", a.Add(b))
		wantErr(t, "MO-086 a loop", b.Add(a), service.ErrCycle)
		wantErr(t, "MO-086 a loop of one", a.Add(a), service.ErrCycle)
		wantText(t, "two parents", service.New(rt, service.Options{Name: "c"}).Add(b), "add b to c: it already belongs to a")
		if !a.Remove(b) || a.Remove(b) {
			t.Error("Remove says whether it was a child")
		}
		ok(t, "add after a removal", service.New(rt, service.Options{}).Add(b))
	})
}

func TestTreeIsDrawn(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{Name: "app"})
		bad := service.New(rt, service.Options{Name: "bad"})
		ok(t, "add", errors.Join(s.Add(service.New(rt, service.Options{Name: "good"})), s.Add(bad)))
		ok(t, "start", s.Start())
		bad.Crash(errBoom)
		want := "app: crashed (boom)\n  good: running\n  bad: crashed (boom)\n"
		if got := s.Tree(); got != want {
			t.Errorf("Tree = %q, want %q", got, want)
		}
		ok(t, "stop", s.Stop())
	})
}

// A service that is nothing but a function runs it in its start: a stop wakes it.
func TestStartHookThatSleepsIsWoken(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var s *service.Service
		s = service.New(rt, service.Options{Name: "job", Start: func() error {
			if !s.Sleep(time.Hour) {
				return service.ErrStopped
			}
			return nil
		}})
		rt.Go("stopper", func() { ok(t, "MO-082 stop", s.Stop()) })
		wantErr(t, "MO-082 start of a job that is stopped", s.Start(), service.ErrStopped)
		wantState(t, "MO-082", s, service.Shutdown)
		if rt.Now() >= time.Hour {
			t.Error("MO-082 the job slept on")
		}
	})
}
