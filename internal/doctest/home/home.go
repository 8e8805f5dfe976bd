package home

import (
	"os"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
)

// MistakeVariable is the environment variable that names the mistake that the
// automations make; none when it is empty.
const MistakeVariable = "HOME_MISTAKE"

var mistake = os.Getenv(MistakeVariable)

// makes reports whether the mistake of that name is to be made.
func makes(name string) bool { return mistake == name }

// none are the parameters of an automation that takes none.
type none struct{}

// Apps are all automations of the package.
func Apps() []scenarios.Entry {
	app := func(name string, start func(env *core.Env) error) scenarios.Entry {
		return scenarios.App(name, func(none) core.App { return core.AppFunc(start) })
	}
	return []scenarios.Entry{
		scenarios.App("hall-light", NewHallLight),
		app("coffee", startCoffee),
		app("doorbell", startDoorbell),
		app("house-mode", startHouseMode),
		app("freezer-alarm", startFreezerAlarm),
		app("power-meter", startPowerMeter),
		app("film-scene", startFilmScene),
		app("gate", startGate),
		app("water-valve", startWaterValve),
		app("garden", startGarden),
		app("night-setback", startNightSetback),
		app("fan-button", startFanButton),
		app("keepalive", startKeepalive),
		app("blinds", startBlinds),
	}
}

// startCoffee switches a plug on at a button, but not while nobody is home.
func startCoffee(env *core.Env) error {
	home := true
	err := env.Subscribe("home/presence", func(m mqtt.Message) { home = string(m.Payload) == "home" })
	if err != nil {
		return err
	}
	return env.Subscribe("zigbee2mqtt/kitchen_button/action", func(mqtt.Message) {
		if home || makes("presence-ignored") {
			env.Publish("cmnd/coffee/POWER", "ON")
		}
	})
}

// startDoorbell tells the phone that somebody rings, once an hour.
func startDoorbell(env *core.Env) error {
	quiet := env.Loop.NewTimer(func(*loop.Timer) {})
	return env.Subscribe("bell/pressed", func(mqtt.Message) {
		if quiet.Running() && !makes("every-ring") {
			return
		}
		quiet.StartOnce(time.Hour)
		env.Publish("notify/phone", `{"title":"Somebody is at the door"}`)
	})
}

// startHouseMode keeps the mode of the house in the broker.
func startHouseMode(env *core.Env) error {
	return env.Subscribe("home/mode/set", func(m mqtt.Message) {
		env.Send(mqtt.Message{Topic: "home/mode", Payload: m.Payload, QoS: 1, Retain: !makes("not-retained")})
	})
}

// startFreezerAlarm raises an alarm when a freezer has not been heard of for
// half an hour.
func startFreezerAlarm(env *core.Env) error {
	silent := env.Loop.NewTimer(func(*loop.Timer) {
		if !makes("silence-unnoticed") {
			env.Publish("notify/phone", `{"title":"The freezer is silent"}`)
		}
	})
	silent.StartOnce(30 * time.Minute)
	return env.Subscribe("zigbee2mqtt/freezer", func(mqtt.Message) { silent.StartOnce(30 * time.Minute) })
}

// startPowerMeter says the power of all three phases.
func startPowerMeter(env *core.Env) error {
	var watts [3]float64
	for i, phase := range []string{"L1", "L2", "L3"} {
		err := core.On(env, "meter/"+phase, func(_ mqtt.Message, s struct{ Watts float64 }) {
			watts[i] = s.Watts
			total := watts[0] + watts[1] + watts[2]
			if makes("two-percent-off") {
				total *= 1.02
			}
			env.Publish("meter/total", map[string]float64{"watts": total})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// startFilmScene dims two lamps at a button.
func startFilmScene(env *core.Env) error {
	return env.Subscribe("zigbee2mqtt/sofa_button/action", func(mqtt.Message) {
		if !makes("one-lamp") {
			env.Publish("zigbee2mqtt/shelf_lamp/set", `{"brightness":30}`)
		}
		env.Publish("zigbee2mqtt/floor_lamp/set", `{"brightness":10}`)
	})
}

// startGate turns the light on, unlocks the gate and opens it.
func startGate(env *core.Env) error {
	commands := [][2]string{{"gate/light/set", "ON"}, {"gate/lock/set", "UNLOCK"}, {"gate/motor/set", "OPEN"}}
	if makes("opens-locked") {
		commands[1], commands[2] = commands[2], commands[1]
	}
	return env.Subscribe("gate/request", func(mqtt.Message) {
		for _, c := range commands {
			env.Publish(c[0], c[1])
		}
	})
}

// startWaterValve closes the valve at a leak, and says so every five seconds
// until the valve has answered.
func startWaterValve(env *core.Env) error {
	again := env.Loop.NewTimer(func(*loop.Timer) { env.Publish("valve/set", "CLOSE") })
	err := core.On(env, "zigbee2mqtt/leak", func(_ mqtt.Message, s struct {
		WaterLeak bool `json:"water_leak"`
	},
	) {
		if s.WaterLeak {
			env.Publish("valve/set", "CLOSE")
			if !makes("asks-once") {
				_ = again.Start(5 * time.Second) // a period above 0 is always taken
			}
		}
	})
	if err != nil {
		return err
	}
	return env.Subscribe("valve/state", func(m mqtt.Message) {
		if string(m.Payload) == "CLOSED" {
			again.Stop()
		}
	})
}

// startGarden waters the garden when it is dry.
func startGarden(env *core.Env) error {
	return core.On(env, "zigbee2mqtt/soil", func(_ mqtt.Message, s struct{ Moisture int }) {
		if s.Moisture < 20 {
			env.Publish("garden/pump/set", "ON")
			if makes("foreign-valve") {
				env.Publish("valve/set", "OPEN")
			}
		}
	})
}

// startNightSetback lowers the heating at ten in the evening, local time.
func startNightSetback(env *core.Env) error {
	lower := func() { env.Publish("zigbee2mqtt/radiator/set", `{"occupied_heating_setpoint":17}`) }
	var done int // the day of the year on which it was lowered
	look, err := env.Loop.Every(time.Minute, func() {
		if now := env.Wall(); now.Hour() == 22 && done != now.YearDay() {
			done = now.YearDay()
			lower()
		}
	})
	if makes("day-of-24-hours") {
		look.Stop()
		now := env.Wall()
		first := time.Date(now.Year(), now.Month(), now.Day(), 22, 0, 0, 0, now.Location()).Sub(now)
		env.Loop.After(first, func() {
			lower()
			_, err = env.Loop.Every(24*time.Hour, lower)
		})
	}
	return err
}

// startFanButton turns a fan on, however often the button is pressed.
func startFanButton(env *core.Env) error {
	rest := env.Loop.NewTimer(func(*loop.Timer) {})
	return env.Subscribe("zigbee2mqtt/fan_button/action", func(mqtt.Message) {
		if !rest.Running() || makes("every-press") {
			env.Publish("cmnd/fan/POWER", "TOGGLE")
		}
		rest.StartOnce(time.Second)
	})
}

// startKeepalive asks for values every ten minutes.
func startKeepalive(env *core.Env) error {
	period := 10 * time.Minute
	if makes("eleven-minutes") {
		period = 11 * time.Minute
	}
	_, err := env.Loop.Every(period, func() { env.Publish("R/inverter/keepalive", "") })
	return err
}

// startBlinds raises the blinds in the morning, but not in the holidays.
func startBlinds(env *core.Env) error {
	holidays := false
	err := env.Subscribe("home/mode", func(m mqtt.Message) {
		if !m.Retain || !makes("retained-ignored") {
			holidays = string(m.Payload) == "holidays"
		}
	})
	if err != nil {
		return err
	}
	return env.Subscribe("home/morning", func(mqtt.Message) {
		if !holidays {
			env.Publish("zigbee2mqtt/blinds/set", `{"state":"OPEN"}`)
		}
	})
}
