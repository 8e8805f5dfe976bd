package clock_test

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
)

func exit() { runtime.Goexit() }

func newVirtual(t *testing.T, o clock.VirtualOptions) *clock.Virtual {
	t.Helper()
	v := clock.NewVirtual(o)
	t.Cleanup(func() {
		if err := v.Close(); err != nil && v.Err() == nil {
			t.Errorf("close: %v", err)
		}
	})
	return v
}

// ticker records the instants at which its timer fires in a lane.
func event(v *clock.Virtual, lane clock.Lane, at time.Duration, fn func()) {
	s := v.NewSignal("event")
	v.NewTimerIn(lane, s, nil).Start(at)
	v.Go("event", func() {
		if s.Wait(clock.Forever) == nil {
			fn()
		}
	})
}

func TestLanesOrderOneInstant(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	var got []string
	note := func(s string) func() { return func() { got = append(got, s) } }
	v.Go("waiter", func() {
		if err := v.NewSignal("deadline").Wait(time.Second); errors.Is(err, clock.ErrTimeout) {
			note("deadline")()
		}
	})
	event(v, clock.LaneNormal, time.Second, note("normal 1"))
	event(v, clock.LaneTape, time.Second, note("tape 1"))
	event(v, clock.LaneWorld, time.Second, note("world"))
	event(v, clock.LaneTape, time.Second, func() {
		note("tape 2")()
		v.Post(note("settled before normal"))
	})
	event(v, clock.LaneNormal, time.Second, note("normal 2"))
	if err := v.Advance(time.Second); err != nil {
		t.Fatal(err)
	}
	want := []string{"world", "tape 1", "tape 2", "settled before normal", "normal 1", "normal 2", "deadline"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What happens at the very deadline still counts.
func TestSetAtTheDeadlineWins(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	s := v.NewSignal("s")
	event(v, clock.LaneNormal, time.Minute, s.Set)
	if err := s.Wait(time.Minute); err != nil || v.Now() != time.Minute {
		t.Errorf("driver: Wait = %v at %v, want nil at 1m", err, v.Now())
	}
	var inTask error
	event(v, clock.LaneNormal, 2*time.Minute, s.Set)
	v.Go("task", func() { inTask = s.Wait(2 * time.Minute) })
	if err := v.AdvanceTo(2 * time.Minute); err != nil || inTask != nil {
		t.Errorf("task: Wait = %v (%v), want nil", inTask, err)
	}
}

func TestTimeMovesOnlyWhenIdle(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	var seen []time.Duration
	v.Go("sleeper", func() {
		for range 3 {
			clock.Sleep(v, time.Hour)
			seen = append(seen, v.Now())
		}
	})
	hops := 0
	var hop func()
	hop = func() {
		if hops++; hops < 1000 {
			v.Post(hop)
		} else if v.Now() != 0 {
			t.Errorf("time moved to %v while work was ready", v.Now())
		}
	}
	v.Post(hop)
	if err := v.Advance(90 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Hour}; !reflect.DeepEqual(seen, want) || v.Now() != 90*time.Minute {
		t.Errorf("woke at %v, now %v", seen, v.Now())
	}
}

func TestWaitUntilThePastSettlesFirst(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	if err := v.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	s := v.NewSignal("s")
	v.Post(s.Set)
	if err := s.Wait(0); err != nil {
		t.Errorf("Wait for a past instant = %v; what is ready now still counts", err)
	}
	if err := s.Wait(0); !errors.Is(err, clock.ErrTimeout) || v.Now() != time.Hour {
		t.Errorf("Wait = %v at %v", err, v.Now())
	}
}

func TestStalledSaysWhoWaitsOnWhat(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	v.Go("hall", func() { _ = v.NewSignal("motion").Wait(clock.Forever) })
	v.Go("attic", func() {
		clock.Sleep(v, time.Second)
		_ = v.NewSignal("door").Wait(clock.Forever)
	})
	err := v.NewSignal("light").Wait(clock.Forever)
	var stalled *clock.StalledError
	if !errors.As(err, &stalled) || !errors.Is(err, clock.ErrStalled) {
		t.Fatalf("Wait = %v, want a StalledError", err)
	}
	want := []clock.Parked{{Task: "hall", Signal: "motion"}, {Task: "attic", Signal: "door", Since: time.Second}}
	if !reflect.DeepEqual(stalled.Parked, want) {
		t.Errorf("parked: %+v", stalled.Parked)
	}
	if text := err.Error(); !strings.Contains(text, `"hall" waits on "motion"`) {
		t.Errorf("text: %s", text)
	}
	// A stalled world can be driven on.
	if err := v.Advance(time.Second); err != nil {
		t.Errorf("Advance after a stall = %v", err)
	}
}

func TestStepLimitNamesTheLastCallbacks(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{StepLimit: 1000})
	var again func()
	again = func() { v.Post(again) }
	v.Post(again)
	err := v.Advance(time.Second)
	var limit *clock.StepLimitError
	if !errors.As(err, &limit) || limit.At != 0 || len(limit.Last) != 8 {
		t.Fatalf("Advance = %v, want a StepLimitError with 8 names", err)
	}
	if !strings.Contains(limit.Last[0], "TestStepLimitNamesTheLastCallbacks") {
		t.Errorf("last: %v", limit.Last)
	}
	if err := v.Settle(); !errors.As(err, &limit) {
		t.Errorf("a failed run must stay failed: %v", err)
	}
}

// The limit is for one instant: a long run of little steps does not meet it.
func TestStepLimitCountsOneInstant(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{StepLimit: 100})
	v.Go("ticker", func() {
		for {
			clock.Sleep(v, time.Second)
		}
	})
	if err := v.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
}

// A timer that is due again at once is endless work too, although each firing
// is a timed event.
func TestStepLimitSeesTimersOfOneInstant(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{StepLimit: 1000})
	v.Go("spin", func() {
		for {
			clock.Sleep(v, 0)
		}
	})
	var limit *clock.StepLimitError
	if err := v.Advance(time.Second); !errors.As(err, &limit) {
		t.Fatalf("Advance = %v, want a StepLimitError", err)
	}
}

func TestSecondDriverIsAnError(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	source := v.OpenSource("test")
	first := v.NewSignal("first")
	inside, second := make(chan struct{}), make(chan error)
	go func() {
		<-inside
		second <- v.NewSignal("second").Wait(clock.Forever)
		source.Post(first.Set)
		source.Close()
	}()
	// The driver sleeps for the source: no task runs, and it is driving.
	v.Go("tell", func() { close(inside) })
	go func() {
		// Which of the two it is depends on whether a task runs at that moment.
		if err := <-second; !errors.Is(err, clock.ErrSecondDriver) && !errors.Is(err, clock.ErrNotATask) {
			t.Errorf("second driver got %v", err)
		}
	}()
	if err := first.Wait(clock.Forever); err != nil {
		t.Fatal(err)
	}
}

// What a goroutine outside does while the world runs is noticed, also without a
// Source.
func TestOutsideIsNoticed(t *testing.T) {
	if !clock.KnowsGoroutines() {
		t.Skip("goroutines cannot be told apart on this architecture")
	}
	for name, act := range map[string]func(v *clock.Virtual, s clock.Signal){
		"Set":  func(_ *clock.Virtual, s clock.Signal) { s.Set() },
		"Post": func(v *clock.Virtual, _ clock.Signal) { v.Post(func() {}) },
		"Wait": func(v *clock.Virtual, _ clock.Signal) {
			if err := v.NewSignal("x").Wait(clock.Forever); !errors.Is(err, clock.ErrSecondDriver) {
				t.Errorf("Wait from outside = %v", err)
			}
			v.Post(func() {})
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual(t, clock.VirtualOptions{})
			s := v.NewSignal("door")
			s.Set()
			v.Post(func() {})
			v.Go("task", func() {
				s.Set()
				done := make(chan struct{})
				if v.Outside() != "" {
					t.Errorf("what the world itself does came from outside: %s", v.Outside())
				}
				go func() {
					defer close(done)
					act(v, s)
				}()
				<-done
			})
			if err := v.Settle(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(v.Outside(), "outside") {
				t.Errorf("Outside = %q", v.Outside())
			}
		})
	}
}

func TestAdvanceInATaskIsAnError(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	if err := v.Run("task", func() {
		if err := v.Advance(time.Second); !errors.Is(err, clock.ErrSecondDriver) {
			t.Errorf("Advance in a task = %v", err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// testing.T.FailNow in a task is a Goexit: it must reach the goroutine that
// drives, and leave the world usable for Close.
func TestGoexitReachesTheDriver(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	returned := make(chan bool, 1)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = v.Run("test", exit)
		returned <- true
	}()
	<-gone
	if len(returned) != 0 {
		t.Error("Run returned although its task called Goexit")
	}
	var exited *clock.TaskExit
	if err := v.Settle(); !errors.As(err, &exited) || exited.Task != "test" {
		t.Errorf("Settle = %v, want a TaskExit", err)
	}
}

func TestSourceGuard(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{Guard: time.Millisecond})
	source := v.OpenSource("the paho client")
	defer source.Close()
	err := v.NewSignal("s").Wait(clock.Forever)
	var outside *clock.OutsideError
	if !errors.As(err, &outside) || !reflect.DeepEqual(outside.Names, []string{"the paho client"}) {
		t.Fatalf("Wait = %v, want an OutsideError that names the source", err)
	}
	if v.Outside() != "" {
		t.Error("a source that brought nothing does not make the run undeterministic")
	}
}

func TestSourceMakesTheRunUndeterministic(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	source, s := v.OpenSource("web"), v.NewSignal("s")
	go source.Post(s.Set)
	if err := s.Wait(clock.Forever); err != nil {
		t.Fatal(err)
	}
	source.Close()
	if !strings.Contains(v.Outside(), "web") {
		t.Errorf("Outside = %q", v.Outside())
	}
	if err := s.Wait(clock.Forever); !errors.Is(err, clock.ErrStalled) {
		t.Errorf("after the source closed: %v, want stalled", err)
	}
}

// An event is called in its lane, whoever looks for work at that moment, and is
// held to the rules of a callback.
func TestEvents(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	var got []string
	var again clock.Timer
	again = v.NewEvent(clock.LaneTape, "tape", func() {
		got = append(got, fmt.Sprint("event at ", v.Now()))
		if err := v.NewSignal("x").Wait(clock.Forever); !errors.Is(err, clock.ErrWaitInCallback) {
			t.Errorf("Wait in an event = %v", err)
		}
		v.Post(func() { got = append(got, "settled") })
		if len(got) < 3 {
			again.Start(v.Now()) // the same instant: after all that this one caused
		}
	})
	v.Go("ticker", func() {
		clock.Sleep(v, time.Second)
		got = append(got, "task")
	})
	again.Start(time.Second)
	if err := v.Advance(time.Second); err != nil {
		t.Fatal(err)
	}
	if want := []string{"event at 1s", "settled", "event at 1s", "settled", "task"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	v.NewEvent(clock.LaneWorld, "fault", panicHere).Start(v.Now())
	var p *clock.TaskPanic
	if err := v.Settle(); !errors.As(err, &p) || p.Task != "fault" {
		t.Errorf("Settle = %v, want the event's panic", err)
	}
}

// Holds keep time still, and their results enter in the order they were taken,
// however the goroutines outside race.
func TestHoldsEnterInOrder(t *testing.T) {
	for range 50 {
		v := newVirtual(t, clock.VirtualOptions{})
		var got []string
		v.Go("task", func() {
			for i := range 8 {
				h := v.Hold(fmt.Sprint("hold ", i))
				go h.Release(func() { got = append(got, fmt.Sprint(i, " at ", v.Now())) })
			}
		})
		v.Go("sleeper", func() {
			clock.Sleep(v, time.Second)
			got = append(got, "slept")
		})
		if err := v.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
		want := []string{"0 at 0s", "1 at 0s", "2 at 0s", "3 at 0s", "4 at 0s", "5 at 0s", "6 at 0s", "7 at 0s", "slept"}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v", got)
		}
		if v.Outside() != "" {
			t.Fatalf("Outside = %q", v.Outside())
		}
	}
}

func TestHoldGuard(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{Guard: time.Millisecond})
	var h *clock.Hold
	v.Go("task", func() { h = v.Hold("upload") })
	var outside *clock.OutsideError
	if err := v.Advance(time.Second); !errors.As(err, &outside) || v.Now() != 0 {
		t.Fatalf("Advance = %v at %v, want an OutsideError at 0", err, v.Now())
	}
	h.Release(nil)
	if err := v.Advance(time.Second); err != nil || v.Now() != time.Second {
		t.Fatalf("Advance = %v at %v", err, v.Now())
	}
}

func TestWallTime(t *testing.T) {
	budapest, err := clock.LoadZone("Europe/Budapest")
	if err != nil {
		t.Fatal(err)
	}
	// 2026-03-29 02:00 becomes 03:00.
	v := newVirtual(t, clock.VirtualOptions{Start: time.Date(2026, 3, 29, 1, 30, 0, 0, budapest), Zone: budapest})
	if err := v.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := v.Wall().Format("15:04 MST"); got != "03:30 CEST" {
		t.Errorf("an hour after 01:30 CET it is %s, want 03:30 CEST", got)
	}
	v.Jump(-time.Hour)
	if got, now := v.Wall().Format("15:04 MST"), v.Now(); got != "01:30 CET" || now != time.Hour {
		t.Errorf("after the jump %s, instant %v", got, now)
	}
}

func TestLoadZone(t *testing.T) {
	if _, err := clock.LoadZone("Europe/Budapesht"); err == nil || !strings.Contains(err.Error(), "IANA") {
		t.Errorf("unknown zone: %v", err)
	}
	for _, bad := range []string{"../zoneinfo.zip", "Local", "Europe", "/etc/localtime"} {
		if _, err := clock.LoadZone(bad); err == nil {
			t.Errorf("LoadZone(%q) succeeded", bad)
		}
	}
}

func TestDriverIsWokenInTheMiddleOfAnInstant(t *testing.T) {
	v := newVirtual(t, clock.VirtualOptions{})
	s := v.NewSignal("s")
	var got []int
	for i := range 4 {
		v.Post(func() {
			got = append(got, i)
			if i == 1 {
				s.Set()
			}
		})
	}
	if err := s.Wait(clock.Forever); err != nil || len(got) != 2 {
		t.Fatalf("Wait = %v after %v, want nil after [0 1]", err, got)
	}
	if err := v.Settle(); err != nil || len(got) != 4 {
		t.Errorf("the rest did not run: %v, %v", got, err)
	}
}

func TestEndedWorld(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if err := v.Advance(time.Second); !errors.Is(err, clock.ErrEnded) {
		t.Errorf("Advance = %v, want ErrEnded", err)
	}
}

// The same program gives the same trace, every time.
func TestSameTrace(t *testing.T) {
	trace := func() string {
		v := clock.NewVirtual(clock.VirtualOptions{})
		defer v.Close()
		var b strings.Builder
		for i := range 20 {
			v.Go(fmt.Sprint("t", i), func() {
				s := v.NewSignal("tick")
				for n := range 20 {
					_ = s.Wait(v.Now() + time.Duration(i%5)*time.Millisecond)
					fmt.Fprintf(&b, "%d.%d@%v ", i, n, v.Now())
					if n%3 == 0 {
						v.Post(func() { fmt.Fprintf(&b, "p%d ", i) })
					}
				}
			})
		}
		if err := v.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first := trace()
	for range 50 {
		if got := trace(); got != first {
			t.Fatalf("two runs differ:\n%s\n%s", first, got)
		}
	}
}
