package simtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
)

// hallLight turns the light on at motion, and off five minutes after the last.
func hallLight(env *core.Env) error {
	off := env.Loop.NewTimer(func(*loop.Timer) {
		env.Publish("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`)
	})
	return env.Subscribe("zigbee2mqtt/hall_motion", func(mqtt.Message) {
		env.Publish("zigbee2mqtt/hall_light/set", `{"state":"ON"}`)
		off.StartOnce(5 * time.Minute)
	})
}

// wentOff is printed by the example, once, however often -count runs the test.
var wentOff time.Duration

func testHallLight(t *testing.T) {
	w := simtest.New(t, sim.Options{})
	w.AddApp("hall", core.AppFunc(hallLight))

	w.Publish("zigbee2mqtt/hall_motion", `{"occupancy":true}`)
	w.RouteUntil("zigbee2mqtt/hall_light/set", `{"state":"ON"}`, time.Second)
	w.Never("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`, 4*time.Minute+59*time.Second)
	w.RouteUntil("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`, time.Second)
	wentOff = w.Now()
}

// A test of an automation: say something, run until it answers, let time pass.
// The five minutes take no time. In your own code testHallLight is a Test
// function.
func Example() {
	testing.RunTests(
		func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestHallLight", F: testHallLight}},
	)
	fmt.Println("the light went off after", wentOff)
	// Output: the light went off after 5m0s
}
