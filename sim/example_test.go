package sim_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// An alarm of QoS 1 reaches the broker although the network is away when the leak
// is found.
func ExampleWorld_Cut() {
	w, err := sim.New(sim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	err = w.AddApp("leaks", core.AppFunc(func(env *core.Env) error {
		env.Loop.After(10*time.Second, func() { env.Send(mqtt.Message{Topic: "alarm", QoS: 1}) })
		return nil
	}))
	if err == nil {
		err = w.Cut(sim.Cut{Client: "leaks", At: 5 * time.Second, For: time.Minute})
	}
	if err == nil {
		err = w.RouteUntil(sim.Message(match.Pattern{Topic: "alarm"}), 2*time.Minute)
	}
	fmt.Println(w.Now(), err)
	// Output: 1m5s <nil>
}
