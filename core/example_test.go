package core_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/service"
	"github.com/hubtape/hubtape/mqtt"
)

// heating is an app made of services: a slow field bus behind a queue, and what
// asks it, looked after by a supervisor.
type heating struct{ root *service.Service }

func (h *heating) Start(env *core.Env) error {
	h.root = service.New(env.Runtime, service.Options{Name: "heating", Log: env.Log, Crashed: env.Fail})
	bus := service.NewQueue(env.Runtime, service.QueueOptions{
		ThreadOptions: service.ThreadOptions{Options: service.Options{Name: "bus", Log: env.Log}},
	})
	meter := service.New(env.Runtime, service.Options{Name: "meter", Log: env.Log})
	boss := service.NewSupervisor(env.Runtime, service.SupervisorOptions{Log: env.Log})
	return h.start(env, boss, bus, meter)
}

func (h *heating) start(env *core.Env, boss *service.Supervisor, bus *service.Queue, meter *service.Service) error {
	err := meter.Timer("read", time.Minute, service.TimerOptions{}, func() error {
		degrees, err := service.Call(bus, func() (float64, error) {
			clock.Sleep(env.Runtime, 300*time.Millisecond) // as slow as field buses are
			return 21.5, nil
		})
		if err == nil {
			env.Publish("heating/temperature", degrees)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := boss.Add(bus.Service, meter); err != nil {
		return err
	}
	if err := h.root.Add(boss.Service); err != nil {
		return err
	}
	return h.root.Start()
}

// Stop is called while the link is still up.
func (h *heating) Stop() { _ = h.root.Stop() } // what fails in it was logged

// An app may be a tree of services: Start builds and starts it, Stop stops it,
// and a crash that nobody restarts is the app's failure. This one publishes to
// nobody; in production it would be core.Run(ctx, &heating{}, …).
func ExampleApp() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	app := &heating{}
	instance, err := core.Launch(world, app, core.LaunchOptions{
		Name: "heating",
		Dial: func(link.DialOptions, func()) (link.Transport, error) { return printer{}, nil },
		End:  func(err error) { fmt.Println("ended:", err) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = world.Advance(2*time.Minute + 30*time.Second)
	fmt.Print(app.root.Tree())
	instance.Stop()
	_ = world.Settle()
	// Output:
	// heating/temperature 21.5
	// heating/temperature 21.5
	// heating: running
	//   supervisor: running
	//     bus: running
	//     meter: running
	// ended: <nil>
}

// printer is a broker that prints what is published.
type printer struct{ link.Transport }

func (printer) ClientID() string { return "printer" }

func (printer) Publish(m mqtt.Message) error {
	fmt.Printf("%s %s\n", m.Topic, m.Payload)
	return nil
}

func (printer) Receive() (a link.Arrival, ok bool) { return a, false }

func (printer) Close() error { return nil }
