package loop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// inWorld runs an example as a task of a virtual world, where an hour takes no
// time.
func inWorld(body func(v *clock.Virtual)) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	if err := errors.Join(v.Run("hall", func() { body(v) }), v.Close()); err != nil {
		fmt.Println(err)
	}
}

func ExampleLoop() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	world.Go("hall", func() {
		if _, err := l.Every(20*time.Minute, func() { fmt.Println("still on at", world.Now()) }); err != nil {
			panic(err)
		}
		l.StopAfter(time.Hour, 0)
		fmt.Println("stopped with", l.Run())
	})
	if err := world.Advance(2 * time.Hour); err != nil {
		fmt.Println(err)
	}
	// Output:
	// still on at 20m0s
	// still on at 40m0s
	// still on at 1h0m0s
	// stopped with 0
}

func ExampleLoop_Post() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		l.Post(func() {
			fmt.Println("motion: the lamp goes on")
			l.Post(func() {
				fmt.Println("what a callback posts comes last")
				l.Stop(0)
			})
		})
		l.Post(func() { fmt.Println("the door opens") })
		l.Run()
	})
	// Output:
	// motion: the lamp goes on
	// the door opens
	// what a callback posts comes last
}

func ExampleLoop_After() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		off := l.After(3*time.Minute, func() {
			fmt.Println("nobody there: off at", v.Now())
			l.Stop(0)
		})
		l.After(time.Minute, func() {
			fmt.Println("motion at", v.Now())
			off.StartOnce(3 * time.Minute) // from now
		})
		l.Run()
	})
	// Output:
	// motion at 1m0s
	// nobody there: off at 4m0s
}

// A timer that blinks three times and then stops itself.
func ExampleLoop_NewTimer() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "alarm"})
		blinks := 0
		blink := l.NewTimer(func(t *loop.Timer) {
			blinks++
			fmt.Println("blink at", v.Now())
			if blinks == 3 {
				t.Stop()
				l.Stop(0)
			}
		})
		if err := blink.Start(500 * time.Millisecond); err != nil {
			fmt.Println(err)
		}
		l.Run()
	})
	// Output:
	// blink at 500ms
	// blink at 1s
	// blink at 1.5s
}

// Many readings change one total; it is shown once.
func ExampleLoop_NewUpdater() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "meter"})
		watts := 0
		show := l.NewUpdater(func() { fmt.Println("the house takes", watts, "W") }, true)
		for _, reading := range []int{60, 1200, 8} {
			l.Post(func() {
				watts += reading
				show.Trigger()
			})
		}
		l.Post(func() { l.StopAfter(time.Second, 0) })
		l.Run()
		show.Close()
	})
	// Output: the house takes 1268 W
}

// One task asks another's loop for its state.
func ExampleCall() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		lamp := "on"
		v.Go("visitor", func() {
			state, err := loop.Call(l, func() string { return lamp })
			fmt.Println(state, err)
			l.Stop(0)
		})
		l.Run()
	})
	// Output: on <nil>
}

// An HTTP handler asks the loop, for as long as its client waits.
func ExampleCallFrom() {
	rt := clock.NewSystem(clock.SystemOptions{})
	l := loop.New(rt, loop.Options{Name: "hall"})
	lamp := "on" // the loop's
	rt.Go("hall", func() { l.Run() })

	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state, err := loop.CallFrom(r.Context(), l, func() string { return lamp })
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "the lamp is ", state)
	})
	get := func(ctx context.Context) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/lamp", nil))
		fmt.Println(w.Code, w.Body)
	}
	get(context.Background())
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	get(gone)
	if err := rt.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 200 the lamp is on
	// 503 call into loop "hall": before it was queued: context canceled
}

func ExampleLoop_RunUntil() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		lamp := "off"
		on := func() bool { return lamp == "on" }
		l.After(40*time.Second, func() { lamp = "on" })
		fmt.Println(l.RunUntil(on, 30*time.Second))
		fmt.Println(l.RunUntil(on, time.Minute), v.Now())
	})
	// Output:
	// hall: the condition did not come true by 30s
	// <nil> 40s
}

// A program that ends with a code.
func ExampleLoop_StopAfter() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		l.OnStop(0, func() { fmt.Println("lamps off at", v.Now()) })
		l.StopAfter(time.Hour, 3)
		fmt.Println("exit code", l.Run())
	})
	// Output:
	// lamps off at 1h0m0s
	// exit code 3
}

// A callback that panics is reported; the others go on.
func ExampleOptions() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{
			Name:    "hall",
			OnPanic: func(p *loop.CallbackPanic) { fmt.Println(p) },
		})
		l.Post(func() {
			panic("no such lamp: attic")
		})
		l.Post(func() {
			fmt.Println("the next one is called")
			l.Stop(0)
		})
		l.Run()
	})
	// Output:
	// a callback of loop "hall" panicked: no such lamp: attic
	// the next one is called
}

// Package service, for one, calls what it was given in the loop's name.
func ExampleProtect() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall", OnPanic: func(p *loop.CallbackPanic) { fmt.Println(p) }})
		loop.Protect(l, func(lamp string) { panic("no such lamp: " + lamp) }, "attic")
	})
	// Output: a callback of loop "hall" panicked: no such lamp: attic
}

// An app on real time, with its clock pushed on: a day in no time.
func Example_fastForward() {
	rt := clock.NewFastForward(clock.SystemOptions{})
	l := loop.New(rt, loop.Options{Name: "boiler"})
	err := rt.Run("boiler", func() {
		hours := 0
		tick := l.NewTimer(func(*loop.Timer) {
			if hours++; hours == 24 {
				l.Stop(0)
				return
			}
			_ = rt.Push(time.Hour) // forwards only: no error
		})
		if err := tick.Start(time.Hour); err != nil {
			fmt.Println(err)
		}
		_ = rt.Push(time.Hour)
		l.Run()
		fmt.Println(hours, "hours have passed")
	})
	if err := errors.Join(err, rt.Close()); err != nil {
		fmt.Println(err)
	}
	// Output: 24 hours have passed
}
