package router

import (
	"errors"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

func openRouter(t *testing.T, rt clock.Runtime) (*Router, *Sender[int], *Receiver[int]) {
	t.Helper()
	r := New(rt, Options{})
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	s, rec, err := Pipe[int](r)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return r, s, rec
}

func isStopped(err error) bool {
	var state *StateError
	return errors.As(err, &state) && state.State == Stopped
}

// The router is stopped in the very middle of a Send.
func TestStopInTheMiddleOfASend(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	r, s, _ := openRouter(t, v)
	r.queue = clock.NewInbox[conduit](v, func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Send(1); !isStopped(err) {
		t.Errorf("TF-027 Send = %v", err)
	}
	if err := s.Send(2); !isStopped(err) || r.queue.Ready() != 0 {
		t.Errorf("TF-012 Send = %v; %d queued in a stopped router", err, r.queue.Ready())
	}
}

// The message is delivered, and then the router stopped, before Send returns.
func TestStopByWhatASendCauses(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	r, s, rec := openRouter(t, v)
	got := 0
	rec.OnMessage(func(x int) { got = x })
	r.queue = clock.NewInbox[conduit](v, func() {
		r.routeOne()
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Send(1); err != nil || got != 1 {
		t.Errorf("TF-027 Send = %v, and %d was delivered", err, got)
	}
}

// What a Send that was too late has queued is not delivered.
func TestNothingIsDeliveredAfterStop(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	r, s, rec := openRouter(t, v)
	rec.OnMessage(func(int) { t.Error("TF-012 delivered, and refused") })
	l := loop.New(v, loop.Options{})
	if err := r.AttachTo(l); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	s.pipe.values.Put(1)
	r.queue.Put(s.pipe)
	l.Post(func() { l.Post(func() { l.Stop(0) }) })
	if err := v.Run("loop", func() { l.Run() }); err != nil {
		t.Error(err)
	}
	if r.updater.Load() != nil || r.loop != nil {
		t.Error("TF-067 a stopped router asks its loop for turns")
	}
	if r.routeOne() {
		t.Error("TF-012 routed by a stopped router")
	}
}
