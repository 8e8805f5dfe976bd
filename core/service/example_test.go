package service_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/service"
)

// inAWorld runs an example as a task of a simulated world, where a day takes no
// time.
func inAWorld(body func(world *clock.Virtual)) {
	world := clock.NewVirtual(clock.VirtualOptions{})
	if err := errors.Join(world.Run("example", func() { body(world) }), world.Close()); err != nil {
		fmt.Println(err)
	}
}

func Example() {
	inAWorld(func(world *clock.Virtual) {
		meter := service.New(world, service.Options{
			Name:  "meter",
			Start: func() error { fmt.Println("connected"); return nil },
			Stop:  func() error { fmt.Println("disconnected"); return nil },
		})
		meter.Task("poll", func() error {
			for meter.Sleep(20 * time.Minute) {
				fmt.Println("polled at", world.Now())
			}
			return nil
		})
		fmt.Println(meter.Start())
		clock.Sleep(world, time.Hour)
		fmt.Println(meter.Stop())
	})
	// Output:
	// connected
	// <nil>
	// polled at 20m0s
	// polled at 40m0s
	// disconnected
	// <nil>
}

func ExampleService_Add() {
	inAWorld(func(world *clock.Virtual) {
		app := service.New(world, service.Options{Name: "app"})
		for _, name := range []string{"store", "uplink"} {
			_ = app.Add(service.New(world, service.Options{
				Name:  name,
				Start: func() error { fmt.Println("start", name); return nil },
				Stop:  func() error { fmt.Println("stop", name); return nil },
			}))
		}
		_ = app.Start()
		fmt.Print(app.Tree())
		_ = app.Stop()
	})
	// Output:
	// start store
	// start uplink
	// app: running
	//   store: running
	//   uplink: running
	// stop uplink
	// stop store
}

func ExampleService_Crash() {
	inAWorld(func(world *clock.Virtual) {
		app := service.New(world, service.Options{Name: "app"})
		uplink := service.New(world, service.Options{Name: "uplink"})
		uplink.Task("send", func() error {
			uplink.Sleep(time.Minute)
			return errors.New("no route to host")
		})
		_ = app.Add(uplink)
		fmt.Println("it ran until", service.Run(app), "at", world.Now())
	})
	// Output: it ran until uplink: task send: no route to host at 1m0s
}

func ExampleHangError() {
	inAWorld(func(world *clock.Virtual) {
		app := service.New(world, service.Options{Name: "app"})
		_ = app.Start()
		app.Spawn("deaf", func() error {
			clock.Sleep(world, time.Hour) // not app.Sleep: it does not hear of the stop
			return nil
		})
		clock.Sleep(world, time.Second)
		fmt.Println(app.Stop())
	})
	// Output: app did not stop within 1m0s: it hangs at task deaf
}

func ExampleService_Timer() {
	inAWorld(func(world *clock.Virtual) {
		pump := service.New(world, service.Options{Name: "pump"})
		late := service.TimerOptions{Report: func(r service.TimerReport) {
			fmt.Println("took", r.Took, "and missed", r.Missed)
		}}
		_ = pump.Timer("regulate", time.Second, late, func() error {
			fmt.Println("regulate at", world.Now())
			if world.Now() == 2*time.Second {
				clock.Sleep(world, 2500*time.Millisecond)
			}
			return nil
		})
		_ = pump.Start()
		clock.Sleep(world, 6*time.Second)
		_ = pump.Stop()
	})
	// Output:
	// regulate at 1s
	// regulate at 2s
	// took 2.5s and missed 2
	// regulate at 5s
}

func ExampleService_Cron() {
	inAWorld(func(world *clock.Virtual) {
		budapest, _ := clock.LoadZone("Europe/Budapest")
		blinds := service.New(world, service.Options{Name: "blinds"})
		_ = blinds.Cron("close", "0 20 * * fri,sat", service.CronOptions{Zone: budapest}, func() error {
			fmt.Println("closed on", world.Wall().In(budapest).Format("Monday, 15:04"))
			return nil
		})
		_ = blinds.Start()
		clock.Sleep(world, 7*24*time.Hour)
		_ = blinds.Stop()
	})
	// Output:
	// closed on Friday, 20:00
	// closed on Saturday, 20:00
}

func ExampleThread() {
	inAWorld(func(world *clock.Virtual) {
		display := service.NewThread(world, service.ThreadOptions{Options: service.Options{Name: "display"}})
		_ = display.Start()
		display.Loop().Post(func() { fmt.Println("drawn by task", world.Self(), "for task", 1) })
		clock.Sleep(world, time.Second)
		_ = display.Stop()
	})
	// Output: drawn by task 2 for task 1
}

func ExampleCall() {
	inAWorld(func(world *clock.Virtual) {
		bus := service.NewQueue(world, service.QueueOptions{Workers: 1})
		_ = bus.Start()
		read := func() (float64, error) {
			clock.Sleep(world, 300*time.Millisecond) // a slow field bus
			return 21.5, nil
		}
		degrees, err := service.Call(bus, read)
		fmt.Println(degrees, err, "at", world.Now())
		_, err = service.Call(bus, func() (float64, error) { panic("checksum") })
		fmt.Println(err)
		_ = bus.Stop()
		_, err = service.Call(bus, read)
		fmt.Println(err)
	})
	// Output:
	// 21.5 <nil> at 300ms
	// panic: checksum
	// cannot call service: it is shut down; it takes calls again when it is started
}

func ExampleQueue_Cast() {
	inAWorld(func(world *clock.Virtual) {
		bus := service.NewQueue(world, service.QueueOptions{
			CastError: func(err error) { fmt.Println("cast:", err) },
		})
		_ = bus.Start()
		_ = bus.Cast(func() error { return errors.New("the relay does not answer") })
		fmt.Println("not waited for")
		clock.Sleep(world, time.Second)
		_ = bus.Stop()
	})
	// Output:
	// not waited for
	// cast: the relay does not answer
}

func ExampleSupervisor() {
	inAWorld(func(world *clock.Virtual) {
		uplink := service.New(world, service.Options{
			Name:  "uplink",
			Start: func() error { fmt.Println("up at", world.Now()); return nil },
		})
		uplink.Task("send", func() error {
			if uplink.Sleep(time.Hour) {
				return errors.New("connection reset")
			}
			return nil
		})
		boss := service.NewSupervisor(world, service.SupervisorOptions{Strategy: service.OneForOne})
		_ = boss.Add(uplink)
		_ = boss.Start()
		clock.Sleep(world, 150*time.Minute)
		fmt.Println(uplink.Restarts(), "restarts,", boss.State())
		_ = boss.Stop()
	})
	// Output:
	// up at 0s
	// up at 1h0m0s
	// up at 2h0m0s
	// 2 restarts, running
}

func ExampleAwait() {
	inAWorld(func(world *clock.Virtual) {
		app := service.New(world, service.Options{Name: "app"})
		_ = app.Start()
		_, err := service.Await(app, world.Now()+time.Second, func() (string, error) {
			clock.Sleep(world, time.Minute)
			return "too late", nil
		})
		fmt.Println(errors.Is(err, clock.ErrTimeout), app.State())
	})
	// Output: true running
}
