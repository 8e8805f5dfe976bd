package client_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/client"
)

// A broker that is away for five seconds.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("controller", func() {
		l := loop.New(v, loop.Options{})
		c, err := client.New(l, client.Options{
			Name: "parent",
			Dial: func(wake func()) (link.Transport, error) {
				if v.Now() < 5*time.Second {
					return nil, errAway
				}
				return &fake{rt: v, wake: wake}, nil
			},
			Events: client.Events{
				ConnectFailed: func(err error, retry time.Duration) { fmt.Printf("%v; again in %v\n", err, retry) },
				Connected:     func() { fmt.Println("connected at", v.Now()) },
			},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		c.Start()
		l.StopAfter(10*time.Second, 0)
		l.Run()
		_ = c.Stop()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// the broker is away; again in 2s
	// the broker is away; again in 4s
	// connected at 6s
}
