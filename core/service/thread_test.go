package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/service"
)

func thread(rt clock.Runtime, o service.Options) *service.Thread {
	return service.NewThread(rt, service.ThreadOptions{Options: o})
}

func TestThreadRunsItsHooksOnItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		var tasks []clock.TaskID
		note := func(s string) func() error {
			return func() error {
				d.note(s)
				tasks = append(tasks, rt.Self())
				return nil
			}
		}
		th := service.NewThread(rt, service.ThreadOptions{
			Options: service.Options{
				FirstStart: note("first"), Start: note("start"), Started: note("started"),
				Stop: note("stop"), Shutdown: note("shutdown"),
			},
			ThreadStarted: note("thread started"), ThreadStop: note("thread stop"),
		})
		ok(t, "add", th.Add(service.New(rt, service.Options{Start: d.hook("child")})))
		ok(t, "start", th.Start())
		d.want(t, "MO-010 MO-016 start returns when all of it is done", "first", "start", "child", "started", "thread started")
		th.Loop().Post(func() { _ = note("callback")() })
		settle(rt)
		ok(t, "stop", th.Stop())
		d.want(t, "MO-001 MO-029 the stop is in one order", "callback", "stop", "shutdown", "thread stop")
		for _, id := range tasks {
			if id != tasks[0] || id == 0 || id == rt.Self() {
				t.Errorf("MO-016 all of it runs on the thread: tasks %v, the test is %d", tasks, rt.Self())
			}
		}
		ok(t, "MO-015 no hooks are needed", thread(rt, service.Options{}).Start())
	})
}

func TestThreadNoWait(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		th := service.NewThread(rt, service.ThreadOptions{Options: d.options("t"), NoWait: true})
		ok(t, "start", th.Start())
		d.want(t, "MO-011 start returns before anything has run")
		wantState(t, "MO-011", th.Service, service.Starting)
		settle(rt)
		wantState(t, "MO-011 then", th.Service, service.Running)
		ok(t, "stop", th.Stop())

		d.lines = nil
		th = service.NewThread(rt, service.ThreadOptions{Options: d.options("u"), NoWait: true})
		ok(t, "start", th.Start())
		ok(t, "stop before the thread has had its turn", th.Stop())
		d.want(t, "MO-067 stopped before its first step", "u first")
		wantState(t, "stopped early", th.Service, service.Shutdown)
	})
}

// The error of a start always comes back, and the thread is gone then.
func TestThreadStartFails(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for range 20 {
			th := thread(rt, service.Options{Name: "t", Start: func() error { return errBoom }})
			wantErr(t, "MO-017 MO-023", th.Start(), errBoom)
			wantState(t, "MO-024", th.Service, service.Crashed)
			wantText(t, "MO-024", th.Start(), "use Restart")
			ok(t, "MO-003 MO-024 stop returns at once", th.Stop())
		}
		root := service.New(rt, service.Options{Name: "root"})
		th := service.NewThread(rt, service.ThreadOptions{
			Options: service.Options{Name: "t", Start: func() error { return errBoom }}, NoWait: true,
		})
		ok(t, "add", root.Add(th.Service))
		ok(t, "start", root.Start())
		wantErr(t, "wait", root.Wait(clock.Forever), service.ErrStopped)
		wantErr(t, "MO-020 nobody waited: it is those above that crash", root.Err(), errBoom)
		ok(t, "stop", root.Stop())
	})
}

func TestThreadCallbackThatPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		root := service.New(rt, service.Options{Name: "root"})
		th := thread(rt, service.Options{Name: "t"})
		ok(t, "add", root.Add(th.Service))
		ok(t, "start", root.Start())
		th.Loop().Post(func() { panic(errBoom) })
		wantErr(t, "wait", root.Wait(clock.Forever), service.ErrStopped)
		wantErr(t, "MO-091", root.Err(), errBoom)
		wantText(t, "MO-091", root.Err(), "t: callback: panic: boom")
		ok(t, "MO-001 MO-002 stop waits for the thread", root.Stop())
	})
}

func TestThreadRestarts(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		th := thread(rt, d.options("t"))
		ok(t, "start", th.Start())
		for i := range 3 {
			d.lines = nil
			ok(t, "MO-038 restart", th.Restart())
			d.want(t, "MO-038", "t stop", "t shutdown", "t restart", "t start", "t started")
			got, err := loop.Call(th.Loop(), func() int { return i })
			if got != i || err != nil {
				t.Errorf("MO-038 the loop turns over again: %d, %v", got, err)
			}
		}
		// A start that fails, and a stop in the middle of a start, must not spoil the
		// next life's loop.
		fails := true
		bad := thread(rt, service.Options{Start: func() error {
			if fails {
				return errBoom
			}
			return nil
		}})
		wantErr(t, "start", bad.Start(), errBoom)
		ok(t, "stop", bad.Stop())
		fails = false
		ok(t, "MO-038 restart after a failed start", bad.Restart())
		settle(rt)
		wantState(t, "MO-038", bad.Service, service.Running)
		ok(t, "stop", errors.Join(bad.Stop(), th.Stop()))
	})
}

// While a thread is slow to stop, others go on.
func TestThreadStopBlocksNobody(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		th := service.NewThread(v, service.ThreadOptions{ThreadStop: func() error {
			clock.Sleep(v, 500*time.Millisecond)
			return nil
		}})
		ok(t, "start", th.Start())
		ticks := 0
		v.Go("other", func() {
			for range 4 {
				clock.Sleep(v, 100*time.Millisecond)
				ticks++
			}
		})
		ok(t, "MO-031 stop", th.Stop())
		if ticks != 4 || v.Now() != 500*time.Millisecond {
			t.Errorf("MO-034 %d ticks in %v", ticks, v.Now())
		}
	})
}

func TestSetShutdownFromOutside(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		th := thread(rt, service.Options{WaitForShutdown: true})
		ok(t, "start", th.Start())
		hold := rt.Hold("a goroutine") // time stands still until it has spoken
		go hold.Release(th.SetShutdown)
		ok(t, "MO-033 stop", th.Stop())
	})
}

// A hook that stops what has just crashed must not stop the next life too.
func TestThreadStoppedByItsCrashedHook(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		fails := true
		var th *service.Thread
		th = thread(rt, service.Options{
			Start: func() error {
				if fails {
					return errBoom
				}
				return nil
			},
			Crashed: func(error) { ok(t, "stop", th.Stop()) },
		})
		wantErr(t, "start", th.Start(), errBoom)
		fails = false
		ok(t, "restart", th.Restart())
		settle(rt)
		wantState(t, "MO-038 the next life", th.Service, service.Running)
		ok(t, "stop", th.Stop())
	})
}

func TestKeepAlive(t *testing.T) {
	log, written := logTo()
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		written.Reset()
		watched := func(o service.Options) *service.Thread {
			o.Log = log
			return service.NewThread(v, service.ThreadOptions{Options: o, Probe: 1100 * time.Millisecond})
		}
		clock.Sleep(v, time.Minute) // how late it starts does not matter
		th := watched(service.Options{Name: "t"})
		ok(t, "start", th.Start())
		clock.Sleep(v, 20*time.Second)
		if strings.Contains(written.String(), "respond") {
			t.Errorf("MO-040 a thread that turns over was reported: %s", written)
		}
		th.Loop().Post(func() { clock.Sleep(v, 10*time.Second) })
		clock.Sleep(v, 20*time.Second)
		if n := strings.Count(written.String(), "level=ERROR msg=\"the thread is not responding"); n != 1 {
			t.Errorf("MO-041 %d reports: %s", n, written)
		}
		if !strings.Contains(written.String(), "the thread responds again") {
			t.Errorf("MO-041 its return is not told: %s", written)
		}
		slow := watched(service.Options{Name: "slow"})
		ok(t, "add", slow.Add(service.New(v, service.Options{Start: func() error { clock.Sleep(v, time.Minute); return nil }})))
		written.Reset()
		ok(t, "start", slow.Start())
		clock.Sleep(v, 2*time.Second)
		if strings.Contains(written.String(), "respond") {
			t.Errorf("MO-041 a start that takes long was reported: %s", written)
		}
		began := v.Now()
		ok(t, "stop", slow.Stop())
		ok(t, "MO-041 the watch ends with the service", th.Stop())
		if v.Now() != began {
			t.Errorf("MO-041 the stop took %v", v.Now()-began)
		}
		clock.Sleep(v, time.Minute)
		written.Reset()
		ok(t, "restart", th.Restart())
		clock.Sleep(v, time.Minute)
		if strings.Contains(written.String(), "respond") {
			t.Errorf("MO-040 a restarted thread was reported: %s", written)
		}
		ok(t, "stop", th.Stop())
		quiet := thread(v, service.Options{Log: log})
		ok(t, "start", quiet.Start())
		quiet.Loop().Post(func() { clock.Sleep(v, time.Minute) })
		written.Reset()
		clock.Sleep(v, time.Minute)
		if strings.Contains(written.String(), "respond") {
			t.Errorf("without a probe nothing is reported: %s", written)
		}
		ok(t, "stop", quiet.Stop())
	})
}

// A thread whose callback is off the token does not hold up the others, and is
// noticed all the same.
func TestKeepAliveSeesBlockingWork(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	defer s.Close()
	err := s.Run("test", func() {
		log, written := logTo()
		th := service.NewThread(s, service.ThreadOptions{
			Options: service.Options{Log: log}, Probe: time.Millisecond, Patience: 5 * time.Millisecond,
		})
		ok(t, "start", th.Start())
		release := make(chan struct{})
		th.Loop().Post(func() { s.Blocking(func() { <-release }) })
		for !strings.Contains(written.String(), "not responding") {
			clock.Sleep(s, time.Millisecond)
		}
		close(release)
		for !strings.Contains(written.String(), "responds again") {
			clock.Sleep(s, time.Millisecond)
		}
		ok(t, "stop", th.Stop())
	})
	if err != nil {
		t.Error(err)
	}
}
