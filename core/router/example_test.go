package router_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/router"
)

func ExampleRouter_RouteUntil() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	r := router.New(world, router.Options{})
	_ = r.Start()
	send, receive, _ := router.Pipe[string](r)
	var last string
	receive.OnMessage(func(s string) { last = s })
	world.Go("worker", func() {
		_ = send.Scope(func() error {
			clock.Sleep(world, time.Hour)
			return send.Send("done")
		})
	})
	err := r.RouteUntil(func() bool { return last == "done" }, 2*time.Hour)
	fmt.Println(last, "at", world.Now(), err)
	// Output: done at 1h0m0s <nil>
}

func ExampleRouter_AttachTo() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{})
	r := router.New(world, router.Options{})
	_ = r.Start()
	_ = r.AttachTo(l)
	send, receive, _ := router.Pipe[string](r)
	receive.OnMessage(func(s string) {
		fmt.Println(s, "at", world.Now())
		l.Stop(0)
	})
	world.Go("worker", func() {
		_ = send.Scope(func() error {
			clock.Sleep(world, time.Hour)
			return send.Send("done")
		})
	})
	err := world.Run("loop", func() { l.Run() })
	fmt.Println(err)
	// Output:
	// done at 1h0m0s
	// <nil>
}

func ExampleReceiver_OnMessage() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	r := router.New(world, router.Options{})
	_ = r.Start()
	send, receive, _ := router.Pipe[int](r)
	_ = send.Start()
	seen := 0
	var remove func()
	remove = receive.OnMessage(func(x int) {
		fmt.Println("first:", x)
		remove()
	})
	receive.OnMessage(func(int) { seen++ })
	_ = send.Send(1)
	_ = send.Send(2)
	_ = r.RouteUntil(func() bool { return seen == 2 }, clock.Forever)
	fmt.Println("seen:", seen)
	// Output:
	// first: 1
	// seen: 2
}
