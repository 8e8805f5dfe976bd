package event_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

// pair is a value whose halves tell whether it was taken whole.
type pair struct{ a, b int }

const (
	stressGoroutines = 4 // of each kind
	stressRounds     = 300
	stressWaits      = 100 // of each of the tasks that wait
)

// stress is one event that many goroutines use at once.
type stress struct {
	t     *testing.T
	rt    clock.Runtime
	e     *event.Event[pair]
	loops []*loop.Loop
	busy  sync.WaitGroup
	waits atomic.Int32 // tasks that still wait

	once      []*atomic.Int32 // calls of each handler for once, by goroutine and round
	mayMiss   []atomic.Bool   // it was removed before it was called
	recurring [2]int          // calls of the handlers that stay, one a loop
}

func (s *stress) emit(n int) { s.e.Emit(pair{n + 1, -n - 1}) }

func (s *stress) check(x pair) {
	if x.a != -x.b {
		s.t.Errorf("AE-14 a torn value: %v", x)
	}
}

// use registers handlers for once, some of which it removes again, others that
// come and go, and emits.
func (s *stress) use(who int) {
	for i := range stressRounds {
		n := who*stressRounds + i
		l := s.loops[n%len(s.loops)]
		token, err := s.e.Handle(event.Handler[pair]{Func: func(pair) { s.once[n].Add(1) }, Loop: l, Once: true})
		if err != nil {
			s.t.Error(err)
		}
		passing, err := s.e.On(s.check)
		if err != nil {
			s.t.Error(err)
		}
		s.emit(n)
		if !passing.Remove() {
			s.t.Error("AE-14 a handler that stays was gone")
		}
		if n%3 == 0 {
			s.mayMiss[n].Store(token.Remove())
		}
	}
}

// wait waits again and again, with deadlines that come at any moment. A wait
// that nobody ends any more ends by its deadline.
func (s *stress) wait(who int) {
	defer s.waits.Add(-1)
	for i := range stressWaits {
		x, err := s.e.Wait(s.rt.Now() + time.Duration(who*i)*time.Microsecond)
		s.check(x)
		if (err == nil) == (x == pair{}) || err != nil && err != clock.ErrTimeout {
			s.t.Errorf("AE-53 Wait = %v, %v", x, err)
		}
		s.rt.Yield()
	}
}

func TestManyGoroutinesAtOnce(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		const all = stressGoroutines * stressRounds
		s := &stress{t: t, rt: rt, mayMiss: make([]atomic.Bool, all)}
		for range all {
			s.once = append(s.once, new(atomic.Int32))
		}
		s.loops = []*loop.Loop{loop.New(rt, loop.Options{}), loop.New(rt, loop.Options{})}
		s.e = event.New[pair](s.loops[0], event.Options{})
		for i, l := range s.loops {
			must(t)(s.e.Handle(event.Handler[pair]{Loop: l, Func: func(x pair) {
				s.check(x)
				s.recurring[i]++
			}}))
		}
		source := rt.OpenSource("emitters")
		garden := clock.NewLatch(rt, "garden has stopped")
		rt.Go("garden", func() {
			s.loops[1].Run()
			garden.Set()
		})
		s.waits.Store(stressGoroutines)
		for who := range stressGoroutines {
			rt.Go(fmt.Sprint("waiter ", who), func() { s.wait(who) })
			s.busy.Go(func() { s.use(who) })
		}
		go func() {
			s.busy.Wait()
			s.emit(1) // takes the handlers for once that nobody has emitted to yet
			for _, l := range s.loops {
				l.Post(func() { l.Stop(0) })
			}
			source.Close()
		}()
		s.loops[0].Run()
		if err := garden.Wait(clock.Forever); err != nil {
			t.Error(err)
		}
		for s.waits.Load() > 0 {
			clock.Sleep(rt, time.Millisecond)
		}
		s.verify(all + 1)
	})
}

func (s *stress) verify(emits int) {
	if s.recurring != [2]int{emits, emits} {
		s.t.Errorf("AE-14 handlers that stay were called %v times in %d emits", s.recurring, emits)
	}
	for n := range s.once {
		want := int32(1)
		if s.mayMiss[n].Load() {
			want = 0
		}
		if calls := s.once[n].Load(); calls != want {
			s.t.Errorf("AE-27 handler %d for once was called %d times, want %d", n, calls, want)
		}
	}
	if n := event.Waiting(s.e); n != 0 || s.e.Handlers() != 2 {
		s.t.Errorf("AE-54 %d wait and %d are registered", n, s.e.Handlers())
	}
}

// Many goroutines ask for the same names at once: each name has one event.
func TestBusFromManyGoroutines(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		b := event.NewBus(l, event.Options{})
		source := rt.OpenSource("users")
		defer source.Close()
		const names = 100
		var calls [names]int
		var busy sync.WaitGroup
		start := make(chan struct{})
		for range stressGoroutines {
			busy.Go(func() {
				<-start
				for i := range names {
					name := fmt.Sprint("door ", i)
					if _, err := b.On(name, func(event.Data) { calls[i]++ }); err != nil {
						t.Error(err)
					}
					_ = b.Names()
				}
			})
		}
		close(start)
		go func() {
			busy.Wait()
			for i := range names {
				if err := b.Emit(fmt.Sprint("door ", i)); err != nil {
					t.Error(err)
				}
			}
			l.Post(func() { l.Stop(0) })
		}()
		l.Run()
		for i, n := range calls {
			if n != stressGoroutines {
				t.Errorf("AE-14 door %d: %d calls, want %d", i, n, stressGoroutines)
			}
		}
	})
}
