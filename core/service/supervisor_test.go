package service_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

// supervised starts a supervisor of three services a, b and c that note what
// happens to them.
func supervised(t *testing.T, rt clock.Runtime, d *diary, o service.SupervisorOptions) (*service.Supervisor, []*service.Service) {
	t.Helper()
	var list []*service.Service
	for _, name := range []string{"a", "b", "c"} {
		list = append(list, service.New(rt, service.Options{
			Name: name, Start: d.hook(name + " start"), Stop: d.hook(name + " stop"),
		}))
	}
	p := supervise(t, rt, o, list...)
	ok(t, "start", p.Start())
	d.want(t, "MO-123 they are started with it", "a start", "b start", "c start")
	return p, list
}

func TestStrategies(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, c := range []struct {
			strategy service.Strategy
			want     []string
			states   [3]service.State
		}{
			{service.OneForOne, []string{"b stop", "b start"}, [3]service.State{service.Running, service.Running, service.Running}},
			{
				service.OneForAll,
				[]string{"a stop", "b stop", "c stop", "a start", "b start", "c start"},
				[3]service.State{service.Running, service.Running, service.Running},
			},
			{service.ForfeitOneForOne, []string{"b stop"}, [3]service.State{service.Running, service.Crashed, service.Running}},
			{
				service.ForfeitOneForAll,
				[]string{"a stop", "b stop", "c stop"},
				[3]service.State{service.Shutdown, service.Crashed, service.Shutdown},
			},
		} {
			var d diary
			root := service.New(rt, service.Options{Name: "root"})
			p, list := supervised(t, rt, &d, service.SupervisorOptions{Strategy: c.strategy})
			ok(t, "add", root.Add(p.Service))
			ok(t, "start", root.Start())
			list[1].Crash(errBoom)
			wantState(t, "MO-092 the root is not marked", root, service.Running)
			wantState(t, "MO-092 nor the supervisor", p.Service, service.Running)
			wantState(t, "MO-092 nor a sibling", list[0], service.Running)
			settle(rt)
			what := "MO-118 MO-120 " + c.strategy.String()
			d.want(t, what, c.want...)
			for i, s := range list {
				wantState(t, what, s, c.states[i])
			}
			ok(t, "stop", root.Stop())
			for _, s := range list {
				if st := s.State(); st == service.Running {
					t.Errorf("%s: %s was not stopped with its supervisor", what, s.Name())
				}
			}
		}
	})
}

func TestCrashingStrategy(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var d diary
		root := service.New(rt, service.Options{Name: "root"})
		p, list := supervised(t, rt, &d, service.SupervisorOptions{Strategy: service.Crashing})
		ok(t, "add", root.Add(p.Service))
		ok(t, "start", root.Start())
		list[1].Crash(errBoom)
		wantErr(t, "MO-121 the crash goes on", root.Err(), errBoom)
		settle(rt)
		d.want(t, "MO-121 the supervisor stops", "c stop", "b stop", "a stop")
		ok(t, "stop", root.Stop())
	})
}

func TestSupervisorStartsWhatFailedToStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		tries := 0
		s := service.New(rt, service.Options{Name: "s", Start: func() error {
			if tries++; tries < 4 {
				return fmt.Errorf("try %d", tries)
			}
			return nil
		}})
		other := service.New(rt, service.Options{Name: "other"})
		p := supervise(t, rt, service.SupervisorOptions{}, s, nil, other)
		ok(t, "MO-123 start", p.Start())
		settle(rt)
		wantState(t, "MO-123", s, service.Running)
		wantState(t, "MO-123 the one after it", other, service.Running)
		if tries != 4 || s.Restarts() != 3 {
			t.Errorf("MO-123 %d tries, %d restarts", tries, s.Restarts())
		}
		ok(t, "stop", p.Stop())
		tries = 4
		ok(t, "restart", p.Restart())
		wantState(t, "restarted with its supervisor", s, service.Running)
		ok(t, "stop", p.Stop())
	})
}

func TestThreadUnderASupervisor(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		th := service.NewThread(rt, service.ThreadOptions{Options: service.Options{Name: "t"}})
		p := supervise(t, rt, service.SupervisorOptions{}, th.Service)
		ok(t, "start", p.Start())
		for i := range 3 {
			th.Loop().Post(func() { panic(errBoom) })
			settle(rt)
			if th.State() != service.Running || th.Restarts() != i+1 {
				t.Errorf("MO-038 crash %d: %s after %d restarts", i, th.State(), th.Restarts())
			}
		}
		wantState(t, "MO-038", p.Service, service.Running)
		ok(t, "stop", p.Stop())
	})
}

func TestRestartIntensity(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var d diary
		o := service.SupervisorOptions{Name: "boss", MaxRestarts: 2, Per: 10 * time.Second}
		p, list := supervised(t, v, &d, o)
		crash := func(services ...*service.Service) {
			for _, s := range services {
				s.Crash(errBoom)
			}
			settle(v)
		}
		crash(list[0], list[1])
		wantState(t, "MO-126 as many as are allowed, at one instant", p.Service, service.Running)
		clock.Sleep(v, 10*time.Second)
		crash(list[2])
		clock.Sleep(v, 9*time.Second)
		crash(list[2])
		wantState(t, "MO-125 two within ten seconds", p.Service, service.Running)
		clock.Sleep(v, 999*time.Millisecond)
		crash(list[0])
		var many *service.RestartsError
		if !errors.As(p.Err(), &many) || many.MaxRestarts != 2 || !errors.Is(many, errBoom) {
			t.Errorf("MO-125 three within ten seconds: %v", p.Err())
		}
		wantText(t, "MO-125", p.Err(), "boss: more than 2 restarts within 10s; the last crash: boom")
		wantState(t, "MO-125", p.Service, service.Crashed)
		ok(t, "stop", p.Stop())

		// A service that never starts uses them up at once, and time stands still.
		began := v.Now()
		bad := service.New(v, service.Options{Name: "bad", Start: func() error { return errBoom }})
		p = supervise(t, v, service.SupervisorOptions{}, bad)
		ok(t, "start", p.Start())
		wantErr(t, "wait", p.Wait(clock.Forever), service.ErrStopped)
		wantErr(t, "MO-125 a start that always fails", p.Err(), errBoom)
		if bad.Restarts() != 100 || v.Now() != began {
			t.Errorf("MO-125 %d restarts in %v", bad.Restarts(), v.Now()-began)
		}
		ok(t, "stop", p.Stop())
	})
}

// A crash counts whenever it comes: before the supervisor first waits, and while
// it restarts another.
func TestNoCrashIsMissed(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		slow := service.New(v, service.Options{Name: "slow", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		quick := service.New(v, service.Options{Name: "quick"})
		quick.Task("work", func() error {
			if quick.Restarts() == 0 {
				return errBoom // in its very first turn
			}
			return nil
		})
		p := supervise(t, v, service.SupervisorOptions{}, slow, quick)
		ok(t, "start", p.Start())
		settle(v)
		if quick.Restarts() != 1 || v.Now() != 0 {
			t.Errorf("MO-124 %d restarts at %v", quick.Restarts(), v.Now())
		}
		slow.Crash(errBoom)
		clock.Sleep(v, 500*time.Millisecond)
		quick.Crash(errBoom)
		clock.Sleep(v, 501*time.Millisecond)
		if slow.Restarts() != 1 || quick.Restarts() != 2 {
			t.Errorf("MO-124 restarted %d and %d times", slow.Restarts(), quick.Restarts())
		}
		ok(t, "stop", p.Stop())
	})
}

func TestSupervisorList(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var d diary
		log, written := logTo()
		o := service.SupervisorOptions{Log: log, Replace: func(crashed *service.Service, index int) *service.Service {
			if crashed.Name() != "b" {
				return nil
			}
			d.note(fmt.Sprint("replace ", index))
			return service.New(v, service.Options{Name: "b2", Start: d.hook("b2 start")})
		}}
		p, list := supervised(t, v, &d, o)
		list[1].Crash(errBoom)
		list[2].Crash(errBoom)
		settle(v)
		d.want(t, "MO-122 a new service takes the place", "replace 1", "b stop", "b2 start", "c stop", "c start")
		if names := fmt.Sprint(p.Children()[0].Name(), p.Children()[1].Name(), p.Children()[2].Name()); names != "ab2c" {
			t.Errorf("MO-122 the services are %s", names)
		}

		next := service.New(v, service.Options{Name: "a2", Start: d.hook("a2 start")})
		old, err := p.Insert(0, next)
		if err != nil || old != list[0] {
			t.Errorf("MO-122 Insert = %v, %v", old, err)
		}
		d.want(t, "MO-122 insert", "a stop", "a2 start")
		_, err = p.Insert(3, next)
		wantText(t, "MO-122 no such place", err, "there is no place 3 of 3")

		if !p.Remove(list[2]) || p.Remove(list[2]) {
			t.Error("MO-122 Remove says whether it was there")
		}
		list[2].Crash(errBoom)
		settle(v)
		d.want(t, "MO-122 a discarded service is nobody's")
		ok(t, "stop", list[2].Stop())
		other := service.New(v, service.Options{Name: "other"})
		ok(t, "add", other.Add(list[2]))
		ok(t, "start", other.Start())
		list[2].Crash(errBoom)
		wantErr(t, "MO-122 what was discarded crashes its new parent", other.Err(), errBoom)
		ok(t, "stop", other.Stop())
		d.lines = nil

		late := service.New(v, service.Options{Name: "late", Start: d.hook("late start"), Stop: func() error { panic(errBoom) }})
		ok(t, "add", p.Add(late))
		d.want(t, "added at run time", "late start")
		late.Crash(errBoom)
		settle(v)
		d.want(t, "added at run time, restarted", "late start")
		wantText(t, "MO-127 an error of a stop is logged", errors.New(written.String()), "panic: boom")
		wantErr(t, "stop", p.Stop(), errBoom)
	})
}

// The poll finds what nobody was told of.
func TestSupervisorPolls(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		tries := 0
		s := service.New(v, service.Options{Name: "s", StopTimeout: time.Second, Stop: func() error {
			if tries++; tries == 1 {
				clock.Sleep(v, 3*time.Second)
			}
			return nil
		}})
		root := service.New(v, service.Options{Name: "root"})
		p := supervise(t, v, service.SupervisorOptions{Name: "boss"}, s)
		ok(t, "add", root.Add(p.Service))
		ok(t, "start", root.Start())
		s.Crash(errBoom)
		clock.Sleep(v, 10*time.Second)
		wantText(t, "a restart whose stop hangs crashes the supervisor", root.Err(), "boss: task supervise: ", "s did not stop within 1s: it hangs at stop hook")
		ok(t, "stop", root.Stop())
		if !strings.Contains(root.Tree(), "boss: crashed") {
			t.Error(root.Tree())
		}
	})
}

// A stop in the middle of a restart leaves nothing running.
func TestStopDuringARestart(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		p := supervise(t, v, service.SupervisorOptions{}, s)
		ok(t, "start", p.Start())
		s.Crash(errBoom)
		clock.Sleep(v, 500*time.Millisecond)
		ok(t, "stop", p.Stop())
		if s.State() == service.Running || s.State() == service.Starting {
			t.Errorf("the service is %s after its supervisor has stopped", s.State())
		}
	})
}
