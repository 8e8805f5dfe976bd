package service_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// One service is started after the other, however long that takes.
func TestSupervisorStartsInOrder(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		var d diary
		a := service.New(v, service.Options{Name: "a", Start: func() error { d.note("a begins"); clock.Sleep(v, time.Second); d.note("a ends"); return nil }})
		b := service.New(v, service.Options{Name: "b", Start: func() error { d.note("b begins"); clock.Sleep(v, 10*time.Second); d.note("b ends"); return nil }})
		p := supervise(t, v, service.SupervisorOptions{}, a, b)
		ok(t, "start", p.Start())
		d.want(t, "order", "a begins", "a ends", "b begins", "b ends")
		ok(t, "stop", p.Stop())
	})
}

// A stop reaches a service that the supervisor is about to restart.
func TestStopWhileItRestartsOne(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		var c *service.Service
		c = service.New(v, service.Options{Name: "c", Start: func() error {
			for c.Restarts() > 0 && c.Sleep(time.Second) {
			}
			return nil
		}})
		p := supervise(t, v, service.SupervisorOptions{}, c)
		ok(t, "start", p.Start())
		c.Crash(errBoom)
		clock.Sleep(v, 5*time.Second)
		ok(t, "stop", p.Stop())
		wantState(t, "the service", c, service.Shutdown)
		if v.Now() != 5*time.Second {
			t.Errorf("the stop ended at %v", v.Now())
		}
	})
}

// What belongs to another keeps it.
func TestAddOfAnothersService(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c"})
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		p := supervise(t, v, service.SupervisorOptions{})
		ok(t, "start", p.Start())
		wantText(t, "add", p.Add(c), "already belongs")
		c.Crash(errBoom)
		wantErr(t, "root", root.Err(), errBoom)
		ok(t, "stop", root.Stop())
		ok(t, "stop", p.Stop())
	})
}

// What a supervisor has let go of crashes its new parent.
func TestRemovedServiceIsNobodys(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c := service.New(v, service.Options{Name: "c"})
		p := supervise(t, v, service.SupervisorOptions{}, c)
		ok(t, "start", p.Start())
		if !p.Remove(c) {
			t.Error("it was one of its services")
		}
		ok(t, "add", root.Add(c))
		ok(t, "start", root.Start())
		c.Crash(errBoom)
		wantErr(t, "root", root.Err(), errBoom)
		ok(t, "stop", root.Stop())
		ok(t, "stop", p.Stop())
	})
}

// Each life of a supervisor may use up its restarts anew: an inner one that
// crashes twice a minute is restarted by the outer one.
func TestSupervisorUnderASupervisor(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		c := service.New(v, service.Options{Name: "c"})
		inner := supervise(t, v, service.SupervisorOptions{Name: "inner", MaxRestarts: 2, Per: time.Minute}, c)
		outer := supervise(t, v, service.SupervisorOptions{Name: "outer", MaxRestarts: 2, Per: time.Minute}, inner.Service)
		ok(t, "start", outer.Start())
		for range 6 {
			c.Crash(errBoom)
			clock.Sleep(v, time.Second)
		}
		if inner.Restarts() != 2 {
			t.Errorf("the inner one was restarted %d times", inner.Restarts())
		}
		wantState(t, "the outer one", outer.Service, service.Running)
		ok(t, "stop", outer.Stop())
	})
}

// What was discarded, and stopped, is not restarted after all.
func TestDiscardWhileItRestartsOne(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		c := service.New(v, service.Options{Name: "c", Stop: func() error { clock.Sleep(v, time.Second); return nil }})
		p := supervise(t, v, service.SupervisorOptions{}, c)
		ok(t, "start", p.Start())
		c.Crash(errBoom)
		clock.Sleep(v, 500*time.Millisecond)
		p.Remove(c)
		ok(t, "stop", c.Stop())
		settle(v)
		if c.State() == service.Running {
			t.Error("runs after Discard and Stop")
		}
		ok(t, "stop", p.Stop())
	})
}

// The new service starts when the old one has stopped.
func TestInsertWaitsForTheOldOne(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		var d diary
		c := service.New(v, service.Options{Name: "c", Stop: func() error { clock.Sleep(v, 10*time.Second); d.note("old stopped"); return nil }})
		p := supervise(t, v, service.SupervisorOptions{}, c)
		ok(t, "start", p.Start())
		_, err := p.Insert(0, service.New(v, service.Options{Name: "new", Start: d.hook("new starts")}))
		ok(t, "insert", err)
		d.want(t, "order", "old stopped", "new starts")
		ok(t, "stop", p.Stop())
	})
}

// A first start that has failed is still to come.
func TestFirstStartIsTriedAgain(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		tries := 0
		s := service.New(v, service.Options{Name: "s", FirstStart: func() error {
			if tries++; tries == 1 {
				return errBoom
			}
			return nil
		}})
		p := supervise(t, v, service.SupervisorOptions{}, s)
		ok(t, "start", p.Start())
		settle(v)
		if tries != 2 || s.State() != service.Running {
			t.Errorf("%d tries, it is %s", tries, s.State())
		}
		ok(t, "stop", p.Stop())
	})
}

// A service that was stopped for good may be started again by hand.
func TestForfeitedIsLeftAlone(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		a, b := service.New(v, service.Options{Name: "a"}), service.New(v, service.Options{Name: "b"})
		p := supervise(t, v, service.SupervisorOptions{Strategy: service.ForfeitOneForAll}, a, b)
		ok(t, "start", p.Start())
		a.Crash(errBoom)
		clock.Sleep(v, time.Second)
		ok(t, "restart", b.Restart())
		clock.Sleep(v, time.Minute)
		wantState(t, "b", b, service.Running)
		ok(t, "stop", p.Stop())
	})
}

// What somebody stops stays stopped, whatever its tasks return.
func TestStoppedByItsUser(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s"})
		s.Task("work", func() error { _ = s.Wait(clock.Forever); return errBoom })
		p := supervise(t, v, service.SupervisorOptions{}, s)
		ok(t, "start", p.Start())
		settle(v)
		wantErr(t, "stop", s.Stop(), errBoom)
		settle(v)
		wantState(t, "the service", s, service.Shutdown)
		ok(t, "stop", p.Stop())
	})
}

// What crashed while the others were still starting is seen to after that.
func TestCrashWhileTheSupervisorStarts(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		tries := 0
		bad := service.New(v, service.Options{Name: "bad", Start: func() error {
			if tries++; tries == 1 {
				return errBoom
			}
			return nil
		}})
		slow := service.New(v, service.Options{Name: "slow", Start: func() error { clock.Sleep(v, time.Second); return nil }})
		p := supervise(t, v, service.SupervisorOptions{}, bad, slow)
		ok(t, "start", p.Start())
		settle(v)
		wantState(t, "what failed", bad, service.Running)
		ok(t, "stop", p.Stop())
	})
}

// Who stops what has just crashed is quicker than the supervisor.
func TestStoppedRightAfterItsCrash(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{Name: "s"})
		p := supervise(t, v, service.SupervisorOptions{}, s)
		ok(t, "start", p.Start())
		settle(v)
		s.Crash(errBoom)
		ok(t, "stop", s.Stop())
		clock.Sleep(v, time.Minute)
		if s.State() == service.Running || s.Restarts() != 0 {
			t.Errorf("it is %s after %d restarts", s.State(), s.Restarts())
		}
		ok(t, "restart by hand", s.Restart())
		s.Crash(errBoom)
		settle(v)
		if s.Restarts() != 2 {
			t.Errorf("looked after again, it was restarted %d times", s.Restarts())
		}
		ok(t, "stop", p.Stop())
	})
}

// A service that is discarded while the others are restarted stays down.
func TestDiscardWhileItRestartsAll(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		a := service.New(v, service.Options{Name: "a", Start: func() error { clock.Sleep(v, time.Second); return nil }})
		b := service.New(v, service.Options{Name: "b"})
		p := supervise(t, v, service.SupervisorOptions{Strategy: service.OneForAll}, a, b)
		ok(t, "start", p.Start())
		a.Crash(errBoom)
		clock.Sleep(v, 500*time.Millisecond)
		p.Remove(b)
		clock.Sleep(v, time.Minute)
		wantState(t, "the discarded one", b, service.Shutdown)
		wantState(t, "the other", a, service.Running)
		ok(t, "stop", p.Stop())
	})
}

func TestInsertOfAnothersService(t *testing.T) {
	virtual(t, func(t *testing.T, v *clock.Virtual) {
		root := service.New(v, service.Options{Name: "root"})
		c, mine := service.New(v, service.Options{Name: "c"}), service.New(v, service.Options{Name: "mine"})
		ok(t, "add", root.Add(c))
		p := supervise(t, v, service.SupervisorOptions{}, mine)
		ok(t, "start", p.Start())
		_, err := p.Insert(0, c)
		wantText(t, "insert", err, "it already belongs to root")
		wantState(t, "the one at its place", mine, service.Running)
		ok(t, "stop", p.Stop())
	})
}
