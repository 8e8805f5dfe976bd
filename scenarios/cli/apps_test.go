package cli_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
)

// lightParams are those of light.
type lightParams struct {
	Delay core.Duration `json:"delay"`
	Topic string        `json:"topic"`
	Late  core.Duration `json:"late"` // until it is switched on
}

type noParams struct{}

// testApps are the automations of the simrun under test: a good one, and some
// that go wrong in a way of their own.
func testApps() []scenarios.Entry {
	start := func(name string, fn func(env *core.Env) error) scenarios.Entry {
		return scenarios.App(name, func(noParams) core.App { return core.AppFunc(fn) })
	}
	return []scenarios.Entry{
		scenarios.App("light", newLight),
		start("counter", startCounter),
		start("dice", startDice),
		start("panics", func(*core.Env) error { panic("the lamp is broken") }),
		start("fails", func(*core.Env) error { return errors.New("no lamp is configured") }),
		start("sleeps", func(env *core.Env) error { return env.Runtime.NewSignal("sleep").Wait(clock.Forever) }),
		start("stuck", startStuck),
		start("blocks", func(*core.Env) error { select {} }),
		start("mute", func(*core.Env) error { return nil }),
		scenarios.App("unmade", func(noParams) core.App { panic("no such lamp") }),
		scenarios.App("vanishes", func(noParams) core.App { runtime.Goexit(); return nil }),
	}
}

func newLight(p lightParams) core.App {
	if p.Delay == 0 {
		p.Delay = core.Duration(5 * time.Minute)
	}
	if p.Topic == "" {
		p.Topic = "light/set"
	}
	return core.AppFunc(func(env *core.Env) error {
		off := env.Loop.NewTimer(func(*loop.Timer) { env.Publish(p.Topic, "OFF") })
		on := env.Loop.NewTimer(func(*loop.Timer) { env.Publish(p.Topic, "ON") })
		return env.Subscribe("motion", func(m mqtt.Message) {
			if string(m.Payload) != "1" {
				return
			}
			env.Log.Info("motion", "delay", p.Delay)
			on.StartOnce(time.Duration(p.Late))
			off.StartOnce(time.Duration(p.Delay))
		})
	})
}

// runs counts the runs of counter in this process, which no automation should
// know.
var runs int

func startCounter(env *core.Env) error {
	runs++
	env.Publish("counter/runs", fmt.Sprint(runs))
	return nil
}

// startDice says one of two words, as the seed has it.
func startDice(env *core.Env) error {
	env.Publish("dice", []string{"low", "high"}[env.Rand("dice").IntN(2)])
	return nil
}

// startStuck waits for something outside of its world, which never comes.
func startStuck(*core.Env) error {
	if err := os.WriteFile("stuck", nil, 0o600); err != nil {
		return err
	}
	select {}
}
