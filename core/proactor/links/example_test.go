package links_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// A report that is made while the broker is away, and kept until the parent may
// have it.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("controller", func() {
		l := loop.New(v, loop.Options{})
		h := &hub{rt: v, away: true}
		ids := 0
		k, err := links.New(l, links.Options{
			Name: "hw1.child", Dial: h.dial, Codec: newCodec(), Store: eventstore.NewQueue(l, eventstore.NewMemory(0)),
			NewID: func() string { ids++; return fmt.Sprint("id", ids) },
			Observers: []func(linkstate.Transition){func(t linkstate.Transition) {
				if t.Changed() {
					fmt.Println(v.Now(), t)
				}
			}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := k.Add(upLink); err != nil {
			fmt.Println(err)
			return
		}
		_ = k.Start()
		_ = k.Generate(&report{N: 4500})
		l.After(3*time.Second, func() { h.away = false })
		l.StopAfter(10*time.Second, 0)
		l.Run()
		_ = k.Stop()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0s parent: not_started + start_called -> connecting
	// 6s parent: connecting + mqtt_connected -> awaiting_setup_and_peer
	// 6s parent: awaiting_setup_and_peer + mqtt_suback with none pending -> awaiting_peer
	// 10s parent: awaiting_peer + stop_called -> stopped
}
