package drivers_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/drivers"
)

// A meter that is read each ten seconds, and does not answer once.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("plant", func() {
		l, reads := loop.New(v, loop.Options{}), 0
		meter, err := drivers.New(l, drivers.Options[int]{
			Name:  "meter",
			Sleep: 10 * time.Second,
			Iterate: func(line *drivers.Line[int]) error {
				if reads++; reads == 2 {
					return errors.New("no answer")
				}
				line.Send(20 + reads)
				return nil
			},
			GoOn:    func(*drivers.StepError) bool { return true },
			Deliver: func(degrees int) { fmt.Println(v.Now(), degrees) },
			Failed:  func(err *drivers.StepError) { fmt.Println(v.Now(), err) },
			Pat:     func() { fmt.Println(v.Now(), "pat") },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := meter.Start(); err != nil {
			fmt.Println(err)
		}
		l.StopAfter(35*time.Second, 0)
		l.Run()
		meter.RequestStop()
		fmt.Println("ended:", meter.Join(time.Second))
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 10s 21
	// 10s pat
	// 20s driver "meter" failed in iterate, and it goes on: no answer
	// 20s pat
	// 30s pat
	// 31s 23
	// ended: <nil>
}
