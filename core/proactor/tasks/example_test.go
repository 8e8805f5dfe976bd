package tasks_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/tasks"
)

// One function looks every hour until it is told to end, another fails.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("house", func() {
		l := loop.New(v, loop.Options{})
		t, err := tasks.New(l, tasks.Options{Failed: func(e *tasks.Error) { fmt.Println(e) }})
		if err != nil {
			fmt.Println(err)
			return
		}
		t.Add("weather", func(job *tasks.Job) error {
			for {
				fmt.Println("weather at", v.Now())
				if !job.Sleep(time.Hour) {
					fmt.Println("no more weather at", v.Now())
					return nil
				}
			}
		})
		t.Add("meter", func(job *tasks.Job) error {
			job.Sleep(30 * time.Minute)
			return errors.New("no answer")
		})
		t.Start()
		l.After(90*time.Minute, t.Stop)
		l.StopAfter(2*time.Hour, 0)
		l.Run()
		fmt.Println("joined:", t.Join(clock.In(v, time.Second)))
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// weather at 0s
	// "meter" (task 1) failed: no answer
	// weather at 1h0m0s
	// no more weather at 1h30m0s
	// joined: <nil>
}
