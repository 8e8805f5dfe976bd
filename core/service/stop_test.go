package service_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func TestStopOfWhatNeverRan(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		s := service.New(rt, d.options("app"))
		ok(t, "MO-027 MO-077 stop", s.Stop())
		d.want(t, "MO-027 MO-077 no hook is called")
		wantState(t, "MO-027 MO-077", s, service.Init)
		thread := service.NewThread(rt, service.ThreadOptions{Options: d.options("thread")})
		ok(t, "MO-027 stop of a thread", thread.Stop())
		wantState(t, "MO-027 thread", thread.Service, service.Init)
	})
}

func TestErrorsOfAStopDoNotEndIt(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		log, written := logTo()
		var d diary
		o := d.options("app")
		o.Log, o.Stop = log, func() error { panic("stop hook") }
		s := service.New(rt, o)
		bad := service.Options{Name: "bad", Stop: func() error { return errBoom }}
		ok(t, "add", errors.Join(s.Add(service.New(rt, d.options("good"))), s.Add(service.New(rt, bad))))
		ok(t, "start", s.Start())
		d.lines = nil
		err := s.Stop()
		wantErr(t, "MO-076", err, errBoom)
		wantText(t, "MO-076", err, "app: stop hook: panic: stop hook", "app: child bad: bad: stop hook: boom")
		d.want(t, "MO-076 the other child is still stopped", "good stop", "good shutdown", "app shutdown")
		wantText(t, "MO-076 logged", errors.New(written.String()), "child bad")
		wantState(t, "MO-076", s, service.Shutdown)
	})
}

func TestWaitForShutdown(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{WaitForShutdown: true})
		ok(t, "start", s.Start())
		v.Go("shutdown", func() {
			clock.Sleep(v, 50*time.Millisecond)
			wantState(t, "MO-079 before", s, service.Stopping)
			s.SetShutdown()
		})
		ok(t, "stop", s.Stop())
		if v.Now() != 50*time.Millisecond {
			t.Errorf("MO-079 the stop ended at %v", v.Now())
		}
		wantState(t, "MO-079", s, service.Shutdown)
		ok(t, "MO-008 restart: the signal starts unset", s.Restart())
		v.Go("shutdown", func() {
			clock.Sleep(v, time.Second)
			s.SetShutdown()
		})
		ok(t, "stop", s.Stop())
		if v.Now() != 1050*time.Millisecond {
			t.Errorf("MO-008 the second stop ended at %v", v.Now())
		}
	})
}

// The error names the step, down the tree, and the stop can be waited for again.
func TestHangNamesTheStep(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		release := clock.NewLatch(rt, "release")
		hang := func() error { return release.Wait(clock.Forever) }
		short := func(o service.Options) service.Options {
			o.StopTimeout = 5 * time.Millisecond
			return o
		}
		for _, c := range []struct {
			want string
			make func() *service.Service
		}{
			{"it hangs at stop hook", func() *service.Service {
				return service.New(rt, short(service.Options{Stop: hang}))
			}},
			{"it hangs at shutdown hook", func() *service.Service {
				return service.New(rt, short(service.Options{Shutdown: hang}))
			}},
			{"it hangs at waiting for SetShutdown", func() *service.Service {
				s := service.New(rt, short(service.Options{WaitForShutdown: true}))
				rt.Go("set", func() {
					_ = hang()
					s.SetShutdown()
				})
				return s
			}},
			{"it hangs at close file", func() *service.Service {
				s := service.New(rt, short(service.Options{}))
				s.Use("file", func() (func() error, error) { return hang, nil })
				return s
			}},
			{"it hangs at task deaf, task dumb", func() *service.Service {
				s := service.New(rt, short(service.Options{}))
				s.Task("deaf", hang)
				s.Task("dumb", hang)
				s.Task("good", forEver(s))
				return s
			}},
			{"it hangs at its turn to begin", func() *service.Service {
				th := service.NewThread(rt, service.ThreadOptions{Options: short(service.Options{})})
				th.Loop().Post(func() { _ = hang() })
				return th.Service
			}},
		} {
			release.Clear()
			s := c.make()
			ok(t, "start", s.Start())
			settle(rt)
			err := s.Stop()
			wantText(t, "MO-032", err, c.want)
			var hung *service.HangError
			if !errors.As(err, &hung) {
				t.Errorf("MO-032 %v is no HangError", err)
			}
			wantState(t, "MO-032 "+c.want, s, service.Stopping)
			release.Set()
			ok(t, "MO-032 a later stop sees the end: "+c.want, s.Stop())
			wantState(t, "MO-032 "+c.want, s, service.Shutdown)
		}
	})
}

// A start that does not hear of the stop is named too, down the tree.
func TestStopHangsAtAStart(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		app, hall := service.New(v, service.Options{Name: "app"}), service.New(v, service.Options{Name: "hall"})
		deaf := service.New(v, service.Options{Name: "deaf", Start: func() error { clock.Sleep(v, time.Hour); return nil }})
		ok(t, "add", errors.Join(app.Add(hall), hall.Add(deaf)))
		v.Go("starter", func() { wantErr(t, "start", app.Start(), service.ErrStopped) })
		clock.Sleep(v, 10*time.Second)
		wantText(t, "MO-032 stop", app.Stop(), "app did not stop within 1m0s: it hangs at child hall: child deaf: start hook")
		if v.Now() != 70*time.Second {
			t.Errorf("MO-032 the stop ended at %v", v.Now())
		}
		clock.Sleep(v, 2*time.Hour)
		wantState(t, "in the end", app, service.Shutdown)
		wantState(t, "in the end", deaf, service.Shutdown)
	})
}

// A stop that hangs keeps the others from nothing, on the exact instants.
func TestHangIsBounded(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "app"})
		deaf := service.New(v, service.Options{Name: "deaf"})
		deaf.Task("sleeper", func() error {
			clock.Sleep(v, time.Hour)
			return nil
		})
		other := service.New(v, service.Options{Name: "other", Stop: func() error { clock.Sleep(v, 30*time.Second); return nil }})
		ok(t, "add", errors.Join(s.Add(other), s.Add(deaf)))
		ok(t, "start", s.Start())
		err := s.Stop()
		wantText(t, "MO-032 the default is a minute a step", err, "app: child deaf: deaf did not stop within 1m0s: it hangs at task sleeper")
		wantState(t, "MO-032 the parent of what hangs", s, service.Shutdown)
		wantState(t, "MO-032 the other child", other, service.Shutdown)
		wantState(t, "MO-032 the child that hangs", deaf, service.Stopping)
		if v.Now() != 90*time.Second {
			t.Errorf("MO-032 the stop ended at %v", v.Now())
		}
	})
}

// Each step has its time, however many there are.
func TestStopTimeoutIsForEachStep(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		slow := func() error { clock.Sleep(v, 40*time.Second); return nil }
		s := service.New(v, service.Options{Stop: slow, Shutdown: slow})
		s.Use("file", func() (func() error, error) { return slow, nil })
		ok(t, "start", s.Start())
		ok(t, "stop", s.Stop())
		if v.Now() != 2*time.Minute {
			t.Errorf("the stop ended at %v", v.Now())
		}
	})
}

// What a stop left behind is waited for before it is started again.
func TestRestartWaitsForAChildThatHung(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		starts := 0
		s := service.New(v, service.Options{Name: "app"})
		slow := service.New(v, service.Options{
			Name: "slow", Start: func() error { starts++; return nil },
			Stop: func() error { clock.Sleep(v, 90*time.Second); return nil },
		})
		ok(t, "add", s.Add(slow))
		ok(t, "start", s.Start())
		ok(t, "restart", s.Restart())
		wantState(t, "the child after the restart", slow, service.Running)
		if starts != 2 || v.Now() != 90*time.Second {
			t.Errorf("the child was started %d times, the last at %v", starts, v.Now())
		}
		slow.Crash(errBoom)
		wantErr(t, "a restarted child is still its parent's", s.Err(), errBoom)
		wantText(t, "stop", s.Stop(), "slow did not stop within 1m0s")
	})
}

// A start that fails does not wait for a shutdown that nobody will signal.
func TestFailedStartDoesNotWaitForShutdown(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{WaitForShutdown: true, Start: func() error { return errBoom }})
		err := s.Start()
		wantErr(t, "start", err, errBoom)
		var hung *service.HangError
		if errors.As(err, &hung) {
			t.Errorf("start = %v", err)
		}
		s = service.New(v, service.Options{WaitForShutdown: true})
		ok(t, "start", s.Start())
		s.Crash(errBoom)
		ok(t, "stop of what crashed", s.Stop())
		if v.Now() != 0 {
			t.Errorf("it took %v", v.Now())
		}
	})
}

// A task that has not had its first turn when its service stops never begins.
func TestTaskThatHasNotBegun(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{})
		s.Task("late", func() error { t.Error("a task began after its service was stopped"); return nil })
		ok(t, "start", s.Start())
		ok(t, "stop", s.Stop())
		settle(rt)
	})
}

func TestStopsAtOnceAllWait(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		s := service.New(rt, service.Options{Stop: func() error {
			d.note("stop")
			rt.Yield()
			return errBoom
		}})
		ok(t, "start", s.Start())
		done := clock.NewLatch(rt, "done")
		for i := range 3 {
			rt.Go(fmt.Sprint("stopper ", i), func() {
				wantErr(t, "each stop has the error", s.Stop(), errBoom)
				if d.note("returned"); len(d.lines) == 4 {
					done.Set()
				}
			})
		}
		ok(t, "wait", done.Wait(clock.Forever))
		d.want(t, "one stop, three returns", "stop", "returned", "returned", "returned")
	})
}

// A stop that one of the service's own tasks asks for cannot wait for that task.
func TestStopFromWithin(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, from := range []string{"task", "task of a child", "callback of a thread", "stop hook"} {
			var s *service.Service
			var stopErr error
			o := service.Options{Name: "app", Stop: func() error { return s.Stop() }}
			s = service.New(rt, o)
			ask := func() error {
				stopErr = s.Stop()
				return nil
			}
			child := service.NewThread(rt, service.ThreadOptions{Options: service.Options{Name: "child"}})
			ok(t, "add", s.Add(child.Service))
			switch from {
			case "task":
				s.Task("asks", ask)
			case "task of a child":
				child.Task("asks", ask)
			case "callback of a thread":
				child.Loop().Post(func() { _ = ask() })
			}
			if err := s.Start(); err != nil && !errors.Is(err, service.ErrStopped) {
				t.Errorf("start: %v", err) // the task may ask while the child starts
			}
			if from == "stop hook" {
				ok(t, "MO-035 stop", s.Stop())
			}
			settle(rt)
			ok(t, "MO-035 the stop that the "+from+" asks for", stopErr)
			ok(t, "MO-035 stop from outside", s.Stop())
			wantState(t, "MO-035 "+from, s, service.Shutdown)
			wantState(t, "MO-035 the child, "+from, child.Service, service.Shutdown)
		}
	})
}

func TestRestart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		s := service.New(rt, d.options("app"))
		ok(t, "add", s.Add(service.New(rt, d.options("child"))))
		ok(t, "start", s.Start())
		d.lines = nil
		ok(t, "restart", s.Restart())
		d.want(t, "MO-080 FirstStart is not called again", "app stop", "child stop", "child shutdown", "app shutdown",
			"app restart", "app start", "child start", "child started", "app started")
		if s.Restarts() != 1 {
			t.Errorf("MO-080 %d restarts", s.Restarts())
		}
		wantState(t, "MO-080", s, service.Running)
		s.Crash(errBoom)
		ok(t, "restart of what crashed", s.Restart())
		if s.Err() != nil || s.Stopped() {
			t.Errorf("a restarted service has no reason any more: %v", s.Err())
		}
		ok(t, "stop", s.Stop())
		ok(t, "restart of what was stopped", s.Restart())
		wantState(t, "restart of what was stopped", s, service.Running)
		ok(t, "stop", s.Stop())
	})
}

func TestRestartThatFails(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{Name: "app", Restart: func() error { return errBoom }})
		ok(t, "start", s.Start())
		wantText(t, "restart hook", s.Restart(), "app: restart hook: boom")
		wantState(t, "restart hook", s, service.Crashed)

		deaf := service.New(rt, service.Options{Name: "deaf", StopTimeout: time.Millisecond})
		release := clock.NewLatch(rt, "release")
		deaf.Task("sleeper", func() error { return release.Wait(clock.Forever) })
		ok(t, "start", deaf.Start())
		settle(rt)
		wantText(t, "a stop that hangs", deaf.Restart(), "it hangs at task sleeper")
		if deaf.Restarts() != 0 {
			t.Error("a service that did not stop was started over itself")
		}
		release.Set()
		ok(t, "then it stops", deaf.Stop())

		var self *service.Service
		again := clock.NewLatch(rt, "again")
		self = service.New(rt, service.Options{Name: "self"})
		self.Task("asks", func() error {
			if self.Restarts() > 0 {
				again.Set()
				return nil
			}
			return self.Restart()
		})
		ok(t, "start", self.Start())
		ok(t, "a task may ask for its service's restart", again.Wait(clock.Forever))
		ok(t, "stop", self.Stop())
	})
}

// A tree with everything in it goes round twice.
func TestComplexTreeGoesRoundTwice(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var d diary
		s := service.New(v, service.Options{Name: "app", WaitForShutdown: true})
		for _, name := range []string{"one", "two"} {
			s.Use(name, func() (func() error, error) {
				d.note("open " + name)
				return d.hook("close " + name), nil
			})
		}
		s.Task("clock", func() error {
			for s.Sleep(time.Second) {
				d.note("tick")
			}
			d.note("woken")
			return nil
		})
		s.Task("shutdown", func() error {
			err := s.Wait(clock.Forever)
			s.SetShutdown()
			return err
		})
		ok(t, "start", s.Start())
		for round := range 2 {
			clock.Sleep(v, 2500*time.Millisecond)
			if round == 0 {
				ok(t, "restart", s.Restart())
			} else {
				ok(t, "stop", s.Stop())
			}
			d.want(t, fmt.Sprint("MO-081 round ", round+1), func() []string {
				round := []string{"open one", "open two", "tick", "tick", "woken", "close two", "close one"}
				if len(d.lines) > len(round) { // the restart has opened them again
					return append(round, "open one", "open two")
				}
				return round[2:]
			}()...)
		}
	})
}
