package background

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/internal/listeners"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

var (
	allPhases = []phase{waiting, executing, completed, failed, called, cancelling, ended}
	allEvents = []event{started, sent, returned, raised, abandoned, cancelled}
)

// What is not in this list, in full, is an error.
var legal = map[string]phase{
	"waiting started":     executing,
	"waiting cancelled":   called,
	"executing sent":      executing, // TF-118
	"executing returned":  completed,
	"executing raised":    failed,
	"executing cancelled": {Cancelling, true},
	"called started":      cancelling,
	"called abandoned":    ended,
	"cancelling sent":     cancelling, // TF-119
	"cancelling returned": ended,
	"cancelling raised":   ended,
}

func (p phase) label() string {
	if p == called {
		return "called"
	}
	return p.State.String()
}

// TF-118 TF-119 TF-120 TF-121: every message in every phase.
func TestTransitions(t *testing.T) {
	for _, p := range allPhases {
		for _, e := range allEvents {
			name := fmt.Sprint(p.label(), " ", e)
			t.Run(name, func(t *testing.T) {
				m := &machine{phase: p}
				want, ok := legal[name]
				defer func() {
					switch err := recover(); {
					case (err == nil) != ok:
						t.Errorf("TF-120 TF-121 legal %v, move panicked with %v", ok, err)
					case err != nil && !strings.Contains(fmt.Sprint(err), e.String()):
						t.Errorf("the panic %v does not name the message", err)
					case ok && m.phase != want:
						t.Errorf("TF-118 TF-119 moved to %v, want %v", m.phase, want)
					case !ok && m.phase != p:
						t.Errorf("TF-120 moved to %v", m.phase)
					}
				}()
				m.move(e)
			})
		}
	}
}

// Items of a future that is executing reach the listeners in order; those after
// a cancel do not.
func TestItemsByPhase(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	e := &Executor{rt: v}
	var got []int
	task := &task[int, None]{future: &Future[None]{}, items: &listeners.List[int]{}}
	task.future.executor = e
	task.items.Add(func(x int) { got = append(got, x) })
	item := func(x int) { task.deliver(message[int, None]{event: sent, item: x}) }
	task.deliver(message[int, None]{event: started})
	item(1)
	item(2)
	task.future.move(cancelled)
	item(3)
	if fmt.Sprint(got) != "[1 2]" {
		t.Errorf("TF-118 TF-119 delivered %v", got)
	}
}

func TestOwnPoolIsClosed(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	pool := NewPool(v, 0)
	if pool.workers != 4 {
		t.Errorf("TF-104 %d workers", pool.workers)
	}
	e, job := executorWithJob(t, v)
	_ = job
	own := e.pool
	if err := e.Shutdown(clock.Forever); err != nil || !own.closed {
		t.Errorf("TF-106 Shutdown = %v, own pool closed %v", err, own.closed)
	}
	if own.busy != 0 || len(own.away) != 0 || own.queue.Ready() != 0 {
		t.Errorf("the pool has %d busy workers, %d away, %d queued", own.busy, len(own.away), own.queue.Ready())
	}
}

func executorWithJob(t *testing.T, rt clock.Runtime) (*Executor, *Future[int]) {
	t.Helper()
	e, err := New(rt, Options{Loop: loop.New(rt, loop.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	if e.router != nil || e.pool != nil {
		t.Error("TF-108 a router or a pool before the first job")
	}
	f, err := Call(e, func(*Job) (int, error) { return 1, nil })
	if err != nil {
		t.Fatal(err)
	}
	return e, f
}

func TestNothingIsMadeForNoJob(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	for name, end := range map[string]func(*Executor) error{
		"stop":     func(e *Executor) error { e.Stop(); return nil },
		"shutdown": func(e *Executor) error { return e.Shutdown(clock.Forever) },
	} {
		e, err := New(v, Options{Loop: loop.New(v, loop.Options{})})
		if err != nil {
			t.Fatal(err)
		}
		if err := end(e); err != nil || e.state != Stopped || e.router != nil || e.pool != nil {
			t.Errorf("TF-108 %s = %v, %v; router %v, pool %v", name, err, e.state, e.router, e.pool)
		}
	}
}

// An own router ends with its executor; one from outside does not.
func TestOwnRouterIsStopped(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	e, f := executorWithJob(t, v)
	if err := e.Shutdown(clock.Forever); err != nil || !f.Done() {
		t.Fatal(err, f.State())
	}
	var state *router.StateError
	if err := e.router.Stop(); !errors.As(err, &state) || state.State != router.Stopped {
		t.Errorf("TF-105 the own router: %v", err)
	}
}

func TestDoneFutureHasNoJob(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	e, f := executorWithJob(t, v)
	if _, err := f.Wait(clock.Forever); err != nil || f.job != nil || f.place != nil || e.jobs.Len() != 0 {
		t.Errorf("TF-116 Wait = %v; job %v, place %v, %d jobs", err, f.job, f.place, e.jobs.Len())
	}
}

func TestDoneIterationHasNoListeners(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	e, _ := executorWithJob(t, v)
	f, err := Iterate(e, func(*Job, func(int) bool) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	f.OnItem(func(int) {})
	f.Cancel()
	if _, err := f.Wait(clock.Forever); err != ErrCancelled || len(*f.items) != 0 {
		t.Errorf("TF-146 Wait = %v; %d listeners", err, len(*f.items))
	}
}
