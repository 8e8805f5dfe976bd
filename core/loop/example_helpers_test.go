package loop_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// The evening of a living room.
func ExampleSequence() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "living room"})
		say := func(what string) func() { return func() { fmt.Println(what, "at", v.Now()) } }
		loop.NewSequence(l).
			Then(0, say("blinds down")).
			Then(time.Minute, say("lamp on")).
			Then(30*time.Minute, say("lamp off")).
			OnDone(func() { l.Stop(0) }).
			Start()
		l.Run()
	})
	// Output:
	// blinds down at 0s
	// lamp on at 1m0s
	// lamp off at 31m0s
}

// A rotary dimmer that stops at half light.
func ExampleBarriers() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "dimmer"})
		dimmer, err := loop.NewBarriers(l, loop.BarriersOptions{At: []float64{0.5}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("the lamp is at", dimmer.Apply(0.1))
		fmt.Println("a wild turn:", dimmer.Apply(0.9))
		fmt.Println("still turning:", dimmer.Apply(1))
		clock.Sleep(v, time.Second)
		fmt.Println("after a second:", dimmer.Apply(1))
	})
	// Output:
	// the lamp is at 0.1
	// a wild turn: 0.5
	// still turning: 0.5
	// after a second: 1
}

// Two automations switch one lamp on; the hub is told once.
func ExampleDeduper() {
	inWorld(func(v *clock.Virtual) {
		l := loop.New(v, loop.Options{Name: "hall"})
		sent := loop.NewDeduper[string](l, 2*time.Second)
		set := func(state string) {
			if sent.Fresh(state) {
				fmt.Println("publish", state, "at", v.Now())
			}
		}
		set("ON")
		set("ON")
		clock.Sleep(v, 10*time.Second) // somebody may have pressed the button
		set("ON")
	})
	// Output:
	// publish ON at 0s
	// publish ON at 10s
}
