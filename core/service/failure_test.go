package service_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// A panic of a Crashed hook does not keep those above from hearing of the crash.
func TestCrashedHookThatPanics(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c", Crashed: func(error) { panic("hook") }})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		c.Crash(errBoom)
		wantErr(t, "root", root.Err(), errBoom)
		ok(t, "stop", root.Stop())
	})
}

// A panic of Dependencies is the error of the start.
func TestDependenciesThatPanic(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		c := service.New(v, service.Options{Name: "c", Dependencies: func() []*service.Service { panic(errBoom) }})
		wantErr(t, "start", c.Start(), errBoom)
		wantState(t, "start", c, service.Crashed)
	})
}

// That another service has stopped is no reason for a task, or a start, to end
// as if all were well.
func TestErrStoppedOfAnother(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		q := service.NewQueue(v, service.QueueOptions{})
		ok(t, "start", q.Start())
		ok(t, "stop", q.Stop())
		s := service.New(v, service.Options{Name: "s"})
		s.Task("work", func() error {
			clock.Sleep(v, time.Second)
			_, err := service.Call(q, func() (int, error) { return 1, nil })
			return err
		})
		ok(t, "start", s.Start())
		clock.Sleep(v, 2*time.Second)
		wantState(t, "a task failed", s, service.Crashed)
		ok(t, "stop", s.Stop())

		tries := 0
		sup := service.New(v, service.Options{Name: "sup", Start: func() error {
			if tries++; tries == 1 {
				_, err := service.Call(q, func() (int, error) { return 1, nil })
				return err
			}
			return nil
		}})
		p := supervise(t, v, service.SupervisorOptions{}, sup)
		ok(t, "start", p.Start())
		clock.Sleep(v, time.Minute)
		wantState(t, "a start failed", sup, service.Running)
		ok(t, "stop", p.Stop())
	})
}

// … and that its own context is done is one, once it stops.
func TestCancelledBecauseOfTheStop(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c"})
		c.Task("work", func() error {
			_ = c.Wait(clock.Forever)
			return c.Context().Err()
		})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		settle(v)
		ok(t, "stop", c.Stop())
		wantState(t, "child", c, service.Shutdown)
		wantState(t, "root", root, service.Running)
		ok(t, "stop", root.Stop())
	})
}

// A crash without an error is one all the same.
func TestCrashWithoutAReason(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s"})
		p := supervise(t, v, service.SupervisorOptions{}, s)
		ok(t, "start", p.Start())
		s.Crash(nil)
		clock.Sleep(v, time.Minute)
		wantState(t, "crash(nil)", s, service.Running)
		if s.Restarts() != 1 {
			t.Errorf("%d restarts", s.Restarts())
		}
		ok(t, "stop", p.Stop())
	})
}

// There is nothing to work for before the start.
func TestContextBeforeTheStart(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{})
		ctx := s.Context()
		if ctx.Err() == nil {
			t.Error("the context of a service that does not run is not cancelled")
		}
		ok(t, "start", s.Start())
		if s.Context().Err() != nil {
			t.Error("the context of a service that runs is cancelled")
		}
		ok(t, "stop", s.Stop())
	})
}

// Who stops a thread's loop stops the thread.
func TestThreadsLoopStopped(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		th := thread(v, service.Options{Name: "t"})
		th.Task("work", forEver(th.Service))
		ok(t, "start", th.Start())
		th.Loop().Stop(0)
		clock.Sleep(v, time.Minute)
		wantState(t, "thread", th.Service, service.Shutdown)
		ok(t, "stop", th.Stop())
	})
}

// A start that fails, and whose undoing hangs, comes back.
func TestThreadStartFailsAndHangs(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		o := v.Now()
		th := thread(v, service.Options{Name: "t", Started: func() error { clock.Sleep(v, 1); return errBoom }})
		th.Task("deaf", func() error { clock.Sleep(v, time.Hour); return nil })
		wantText(t, "start", th.Start(), "boom", "it hangs at task deaf")
		if took := v.Now() - o; took > 2*time.Minute {
			t.Errorf("Start took %v", took)
		}
	})
}

// MO-060: a call that an idle worker was given, and had not begun, gets the
// crash.
func TestCrashFailsACallThatWasHandedOver(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		q := service.NewQueue(v, service.QueueOptions{})
		ok(t, "start", q.Start())
		settle(v)
		ran := false
		p, err := service.Begin(q, func() (int, error) { ran = true; return 1, nil })
		ok(t, "begin", err)
		q.Crash(errBoom)
		_, err = p.Wait(clock.Forever)
		wantErr(t, "the call", err, errBoom)
		ok(t, "restart", q.Restart())
		settle(v)
		ok(t, "cast", q.Cast(func() error { ran = true; return nil }))
		q.Crash(errBoom)
		settle(v)
		if ran {
			t.Error("it ran after the crash")
		}
		ok(t, "stop", q.Stop())
	})
}

// MO-061: a call from the queue's own start hook needs no worker.
func TestCallInAStartHookThatIsStopped(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		var q *service.Queue
		q = service.NewQueue(v, service.QueueOptions{ThreadOptions: service.ThreadOptions{Options: service.Options{
			Name:       "q",
			FirstStart: func() error { v.Go("stopper", func() { ok(t, "stop", q.Stop()) }); return nil },
			Start: func() error {
				v.Yield() // the stopper is before the workers, who will not begin
				_, err := service.Call(q, func() (int, error) { return 1, nil })
				return err
			},
		}}})
		v.Go("start", func() { wantErr(t, "start", q.Start(), service.ErrStopped) })
		clock.Sleep(v, time.Hour)
		wantState(t, "q", q.Service, service.Shutdown)
	})
}

// MO-045: two flushes at once are each their own.
func TestTwoFlushes(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		q := service.NewQueue(v, service.QueueOptions{})
		done := 0
		ok(t, "cast", q.Cast(func() error { clock.Sleep(v, time.Second); return nil }))
		ok(t, "cast", q.Cast(func() error {
			clock.Sleep(v, 2*time.Second)
			_, err := service.Call(q, func() (int, error) { return 1, nil })
			done++
			return err
		}))
		v.Go("a", q.Flush)
		v.Go("b", q.Flush)
		clock.Sleep(v, time.Minute)
		if done != 1 {
			t.Error("the second flush hangs")
		}
	})
}

// What was queued for a queue that is stopped before it could start is told so,
// and does not run: what it needs is not there.
func TestQueueStoppedBeforeItHasStarted(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		var q *service.Queue
		q = service.NewQueue(v, service.QueueOptions{ThreadOptions: service.ThreadOptions{Options: service.Options{
			FirstStart: func() error { return q.Stop() },
		}}})
		p, err := service.Begin(q, func() (int, error) { t.Error("it ran"); return 1, nil })
		ok(t, "begin", err)
		wantErr(t, "start", q.Start(), service.ErrStopped)
		_, err = p.Wait(clock.Forever)
		wantErr(t, "the call", err, service.ErrStopped)
	})
}
