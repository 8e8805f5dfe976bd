package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

// family is a root with a child, which has a child.
func family(t *testing.T, rt clock.Runtime, o service.Options) (root, middle, leaf *service.Service) {
	t.Helper()
	o.Name = "root"
	root = service.New(rt, o)
	middle = service.New(rt, service.Options{Name: "middle"})
	leaf = service.New(rt, service.Options{Name: "leaf"})
	ok(t, "add", errors.Join(root.Add(middle), middle.Add(leaf)))
	ok(t, "start", root.Start())
	return root, middle, leaf
}

func TestCrashGoesUpTheTree(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var told error
		log, written := logTo()
		root, middle, leaf := family(t, rt, service.Options{Log: log, Crashed: func(err error) { told = err }})
		sibling := service.New(rt, service.Options{Name: "sibling"})
		ok(t, "add", root.Add(sibling))
		leaf.Crash(errBoom)
		leaf.Crash(errors.New("later"))
		for _, s := range []*service.Service{leaf, middle, root} {
			wantState(t, "MO-020 MO-091 "+s.Name(), s, service.Crashed)
			wantErr(t, "MO-020 the first error counts: "+s.Name(), s.Err(), errBoom)
			if !s.Stopped() || s.Context().Err() == nil {
				t.Errorf("MO-087 %s: tasks must see that it crashed", s.Name())
			}
		}
		wantErr(t, "the Crashed hook", told, errBoom)
		wantState(t, "a sibling goes on until the root is stopped", sibling, service.Running)
		if !strings.Contains(written.String(), "level=ERROR msg=crashed service=root error=boom") {
			t.Errorf("MO-025 logged %s", written)
		}
		ok(t, "MO-091 both can still be stopped at once", errors.Join(middle.Stop(), root.Stop()))
		wantState(t, "a crash is still told after the stop", root, service.Crashed)
		wantState(t, "sibling", sibling, service.Shutdown)
	})
}

// A crash of something that runs by itself does not mark a parent that does not
// run, and one with nobody waiting is harmless.
func TestCrashWithoutARunningParent(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		parent, child := service.New(rt, service.Options{}), service.New(rt, service.Options{})
		ok(t, "add", parent.Add(child))
		ok(t, "start", child.Start())
		child.Crash(errBoom)
		wantState(t, "MO-026 the parent that does not run", parent, service.Init)
		ok(t, "MO-026 the parent starts, the child anew", errors.Join(child.Stop(), parent.Start()))
		wantState(t, "MO-026 the child", child, service.Running)
		ok(t, "stop", parent.Stop())
	})
}

func TestTaskThatFailsCrashes(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for name, fn := range map[string]func() error{
			"error": func() error { return errBoom },
			"panic": func() error { panic(errBoom) },
		} {
			for _, how := range []string{"task", "spawned", "timer"} {
				root, middle, leaf := family(t, rt, service.Options{})
				switch how {
				case "task":
					leaf.Task("work", fn)
				case "spawned":
					if !leaf.Spawn("work", fn) {
						t.Error("MO-088 spawn on a running service")
					}
				case "timer":
					ok(t, "timer", leaf.Timer("work", 1, service.TimerOptions{}, fn))
				}
				wantErr(t, "MO-088", root.Wait(clock.Forever), service.ErrStopped)
				wantErr(t, "MO-088 "+how+" "+name, root.Err(), errBoom)
				wantText(t, "MO-088", middle.Err(), "leaf: task work: ", "boom")
				var p *service.Panic
				if errors.As(root.Err(), &p) != (name == "panic") {
					t.Errorf("MO-088 %s: %v", name, root.Err())
				}
				if p != nil && !strings.Contains(string(p.Stack), "TestTaskThatFailsCrashes") {
					t.Errorf("the stack is not that of the panic: %s", p.Stack)
				}
				ok(t, "stop", root.Stop())
				if leaf.Spawn("late", fn) {
					t.Error("a task was spawned on a service that has stopped")
				}
			}
		}
	})
}

func TestTaskThatEndsIsNoCrash(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{})
		runs := 0
		s.Task("short", func() error { runs++; return nil })
		s.Task("stops", func() error { return service.ErrStopped })
		ok(t, "start", s.Start())
		s.Task("late", func() error { runs += 10; return nil })
		settle(rt)
		wantState(t, "tasks that end", s, service.Running)
		ok(t, "restart", s.Restart())
		settle(rt)
		if runs != 22 {
			t.Errorf("each start starts each task: %d", runs)
		}
		ok(t, "stop", s.Stop())
	})
}

func TestRunEndsWithTheReason(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		child := service.New(rt, service.Options{Name: "child", Stop: func() error { return errors.New("and then") }})
		root := service.New(rt, service.Options{Name: "root"})
		ok(t, "add", root.Add(child))
		child.Task("work", func() error { rt.Yield(); return errBoom })
		err := service.Run(root)
		wantErr(t, "Run", err, errBoom)
		wantText(t, "Run", err, "and then")

		good := service.New(rt, service.Options{Name: "good"})
		good.Task("work", func() error { return good.Stop() })
		if err := service.Run(good); err != nil && !errors.Is(err, service.ErrStopped) {
			t.Errorf("Run of what stops by itself: %v", err)
		}
		wantErr(t, "Run of what does not start", service.Run(service.New(rt, service.Options{
			Start: func() error { return errBoom },
		})), errBoom)
	})
}

func TestJoin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		bad := service.New(rt, service.Options{Name: "bad", Start: func() error { return errBoom }})
		a, b := service.New(rt, d.options("a")), service.New(rt, d.options("b"))
		s := service.New(rt, service.Options{Name: "app"})
		s.Task("join", func() error { return s.Join(a, bad, nil, b) })
		ok(t, "start", s.Start())
		wantErr(t, "wait", s.Wait(clock.Forever), service.ErrStopped)
		wantErr(t, "MO-083 a start that fails crashes the caller", s.Err(), errBoom)
		ok(t, "stop", s.Stop())
		d.want(t, "MO-083 the others are started, and all stopped in reverse",
			"a first", "a start", "a started", "b first", "b start", "b started", "b stop", "b shutdown", "a stop", "a shutdown")
	})
}
