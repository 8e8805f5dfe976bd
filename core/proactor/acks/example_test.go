package acks_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
)

// The peer acknowledges the first of three messages and then falls silent.
func ExampleTimers() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("parent link", func() {
		l := loop.New(v, loop.Options{})
		var waits *acks.Timers[string]
		waits, err := acks.New(l, acks.Options[string]{
			OnTimeout: func(w acks.Wait[string]) {
				fmt.Printf("no ack for the %s at %v\n", w.Context, v.Now())
				for _, other := range waits.CancelAll(w.Link) {
					fmt.Printf("the %s is not waited for any more\n", other.Context)
				}
			},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		waits.Start("parent", "m1", "report")
		waits.Start("parent", "m2", "alarm")
		waits.StartFor(time.Minute, "parent", "m3", "snapshot")
		l.After(time.Second, func() {
			w, _ := waits.Acked("parent", "m1")
			fmt.Printf("the %s arrived within %v\n", w.Context, v.Now()-w.Started)
		})
		l.StopAfter(time.Hour, 0)
		l.Run()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// the report arrived within 1s
	// no ack for the alarm at 5s
	// the snapshot is not waited for any more
}
