package event_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

// AE-64: an event that is a variable is emitted by a method call, and the
// compiler checks what it carries.
func ExampleEvent() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	opened := event.New[string](l, event.Options{Name: "opened"})

	bell, _ := opened.On(func(door string) { fmt.Println("ring the bell:", door) })
	_, _ = opened.Once(func(door string) { fmt.Println("the first to come home:", door) })
	opened.Emit("front door")
	opened.Emit("back door")
	bell.Remove() // what was emitted is delivered all the same
	opened.Emit("garage")

	world.Go("hall", func() { l.Run() })
	fmt.Println(world.Advance(time.Minute))
	// Output:
	// ring the bell: front door
	// the first to come home: front door
	// ring the bell: back door
	// <nil>
}

func ExampleEvent_Wait() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	opened := event.New[string](l, event.Options{Name: "opened"})
	world.Go("hall", func() { l.Run() })
	world.Go("watch", func() {
		opened.EmitAfter(time.Hour, "front door")
		door, err := opened.Wait(clock.In(world, 2*time.Hour))
		fmt.Println(door, err, world.Now())
		_, err = opened.Wait(clock.In(world, time.Hour))
		fmt.Println(err == clock.ErrTimeout, world.Now())
	})
	fmt.Println(world.Advance(3 * time.Hour))
	// Output:
	// front door <nil> 1h0m0s
	// true 2h0m0s
	// <nil>
}

func ExampleHandler() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	hall, garden := loop.New(world, loop.Options{Name: "hall"}), loop.New(world, loop.Options{Name: "garden"})
	opened := event.New[string](hall, event.Options{
		Name:    "opened",
		OnPanic: func(p *event.HandlerPanic) { fmt.Println(p) },
	})
	_, _ = opened.On(func(string) { panic("no bell") })
	_, _ = opened.Handle(event.Handler[string]{
		Func: func(door string) { fmt.Println("lights on at the", door) },
		Loop: garden,
		Once: true,
	})
	world.Go("hall", func() { hall.Run() })
	world.Go("garden", func() { garden.Run() })
	opened.Emit("gate")
	fmt.Println(world.Advance(time.Second))
	// Output:
	// a handler of event "opened" panicked: no bell
	// lights on at the gate
	// <nil>
}

func ExampleBus() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	bus := event.NewBus(l, event.Options{})
	_, _ = bus.On("opened", func(d event.Data) {
		door, _ := d.Arg(0)
		by, _ := d.Key("by")
		fmt.Println(door, "opened by", by)
	})
	_ = bus.EmitData("opened", event.Data{Args: []any{"flap"}, Named: map[string]any{"by": "the cat"}})
	_ = bus.Emit("closed", "flap") // nobody has asked for it

	level, _ := event.Of[int](bus, "level")
	_, _ = level.On(func(percent int) { fmt.Println("level", percent) })
	level.Emit(40)
	fmt.Println(bus.Names(), bus.Emit("level", 40))

	world.Go("hall", func() { l.Run() })
	fmt.Println(world.Advance(time.Second))
	// Output:
	// [level opened] event "level" carries int, not event.Data: use it with the type of its first use, or another name
	// flap opened by the cat
	// level 40
	// <nil>
}

func ExampleEvent_Off() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	opened := event.New[string](l, event.Options{Name: "opened"})
	ring := func(door string) { fmt.Println("ring the bell:", door) }
	_, _ = opened.On(ring)
	_, _ = opened.On(func(door string) { fmt.Println("note:", door) })
	fmt.Println(opened.Off(ring), "removed,", opened.Handlers(), "left")
	opened.Emit("front door")
	world.Go("hall", func() { l.Run() })
	fmt.Println(world.Advance(time.Minute))
	// Output:
	// 1 removed, 1 left
	// note: front door
	// <nil>
}

func ExampleOptions() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{Name: "hall"})
	opened := event.New[string](l, event.Options{
		Name:    "opened",
		OnPanic: func(p *event.HandlerPanic) { fmt.Println(p) },
	})
	_, _ = opened.On(func(string) { panic("no bell") })
	_, _ = opened.On(func(door string) { fmt.Println("note:", door) })
	opened.EmitAfter(time.Hour, "front door")
	world.Go("hall", func() { l.Run() })
	fmt.Println(world.Advance(2 * time.Hour))
	// Output:
	// a handler of event "opened" panicked: no bell
	// note: front door
	// <nil>
}
