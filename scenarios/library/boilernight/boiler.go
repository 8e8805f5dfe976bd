// Package boilernight heats the water of a boiler on a Tasmota switch through
// once a night, against legionella:
//
//	b := boilernight.New(boilernight.Params{At: "02:30", For: core.Duration(45 * time.Minute)})
//	err := core.Run(ctx, b, core.RunOptions{Zone: "Europe/Budapest", Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// The time is local, and once is once: in the night in which an hour comes twice
// it happens in the first, and in the one in which the hour is left out it
// happens when that hour would have been. How long it heats is time that passes,
// whatever the clock on the wall shows. Which night was the last is kept by the
// broker, so a restart repeats nothing. One that comes while it heats leaves it
// on: give the switch a PulseTime too.
package boilernight

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is heated when. Zero fields mean the defaults.
type Params struct {
	Boiler string        `json:"boiler"` // the switch's topic, as in cmnd/BOILER/POWER; "": boiler
	At     string        `json:"at"`     // local time; "": 02:30
	For    core.Duration `json:"for"`    // 0: 45 min
	Late   core.Duration `json:"late"`   // how much later it may still begin; 0: 2 h
}

// look is how often the clock is looked at. A timer for the next night would be
// wrong as soon as somebody sets the clock.
const look = 20 * time.Second

// Boiler is the automation. Make it with New.
type Boiler struct {
	Params
	env *core.Env
	at  time.Duration // since midnight, as a clock shows it
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Boiler {
	if p.Boiler == "" {
		p.Boiler = "boiler"
	}
	if p.At == "" {
		p.At = "02:30"
	}
	if p.For <= 0 {
		p.For = core.Duration(45 * time.Minute)
	}
	if p.Late <= 0 {
		p.Late = core.Duration(2 * time.Hour)
	}
	return &Boiler{Params: p}
}

// Start asks the broker for the last night, and looks at the clock again and
// again.
func (b *Boiler) Start(env *core.Env) error {
	at, err := time.Parse("15:04", b.At)
	if err != nil {
		return fmt.Errorf("at %q is no time of day: write it like 02:30", b.At)
	}
	b.env, b.at = env, shown(at)
	last := ""
	if err := env.Subscribe(b.memory(), func(m mqtt.Message) { last = string(m.Payload) }); err != nil {
		return err
	}
	_, err = env.Loop.Every(look, func() {
		now := env.Wall()
		if today := now.Format(time.DateOnly); today != last && b.due(now) {
			last = today
			b.heat(today)
		}
	})
	return err
}

// memory is where the broker keeps the date of the last night.
func (b *Boiler) memory() string { return "boiler-night/" + b.Boiler + "/last" }

// due reports whether the clock shows the time, or not much later.
func (b *Boiler) due(now time.Time) bool {
	since := shown(now) - b.at
	return since >= 0 && since <= time.Duration(b.Late)
}

// shown is what a clock shows, since its midnight.
func shown(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
}

func (b *Boiler) heat(today string) {
	b.env.Send(mqtt.Message{Topic: b.memory(), Payload: []byte(today), QoS: 1, Retain: true})
	b.power("ON")
	b.env.Loop.After(time.Duration(b.For), func() { b.power("OFF") })
}

// power commands at QoS 1: an OFF that is lost heats all day.
func (b *Boiler) power(state string) {
	b.env.Send(mqtt.Message{Topic: "cmnd/" + b.Boiler + "/POWER", Payload: []byte(state), QoS: 1})
}
