package pings_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/pings"
)

// A report after forty seconds puts the ping off.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("parent link", func() {
		l := loop.New(v, loop.Options{})
		p, err := pings.New(l, pings.Options{
			Link: "parent",
			Send: func() { fmt.Println("ping at", v.Now()) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		link := linkstate.New("parent", p.Observe)
		for _, in := range []linkstate.Input{linkstate.StartCalled, linkstate.MQTTConnected, linkstate.Suback(0)} {
			_, _ = link.Apply(in)
		}
		l.After(40*time.Second, func() {
			fmt.Println("report at", v.Now())
			p.Sent()
		})
		l.StopAfter(3*time.Minute, 0)
		l.Run()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// report at 40s
	// ping at 1m40s
	// ping at 2m40s
}
