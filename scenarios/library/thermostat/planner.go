// Package thermostat sets radiator thermostats of a Zigbee2MQTT hub by the
// clock on the wall:
//
//	planner := thermostat.New(thermostat.Params{Schedule: []thermostat.Switch{
//		{At: thermostat.TimeOfDay{Hour: 6}, Setpoint: 21},
//		{At: thermostat.TimeOfDay{Hour: 22}, Setpoint: 17.5},
//	}})
//	err := core.Run(ctx, planner, core.RunOptions{Zone: "Europe/Budapest", Broker: hub})
//
// Each switch of the schedule happens once a day, at its local time, also when
// the clocks change: one whose time is left out happens at the moment that is
// left out, one whose time comes twice happens at the first. A setpoint that
// somebody chose by hand stays until the next switch.
package thermostat

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is set when. Zero fields mean the defaults.
type Params struct {
	Thermostats []string      `json:"thermostats"` // topics of their states; none: two in zigbee2mqtt/
	Schedule    []Switch      `json:"schedule"`    // none: 21 °C from 06:00, 17.5 °C from 22:00
	Check       core.Duration `json:"check"`       // how often the clock is looked at; 0: 20 s
}

// Switch is one line of the schedule.
type Switch struct {
	At       TimeOfDay `json:"at"`       // like "06:00"
	Setpoint float64   `json:"setpoint"` // °C, from then on
}

// Planner is the automation. Make it with New.
type Planner struct {
	Params
	env  *core.Env
	done turn // the latest switch that was made
}

// turn is a switch on a day. Turns have an order, in which days come first.
type turn struct {
	day   int // since 1970, on the calendar of the zone; 0: none yet
	index int // in the schedule
}

func (t turn) compare(o turn) int {
	return cmp.Or(cmp.Compare(t.day, o.day), cmp.Compare(t.index, o.index))
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Planner {
	if len(p.Thermostats) == 0 {
		p.Thermostats = []string{"zigbee2mqtt/Living room TRV (window)", "zigbee2mqtt/Bedroom TRV"}
	}
	if len(p.Schedule) == 0 {
		p.Schedule = []Switch{{At: TimeOfDay{Hour: 6}, Setpoint: 21}, {At: TimeOfDay{Hour: 22}, Setpoint: 17.5}}
	}
	p.Schedule = slices.Clone(p.Schedule)
	slices.SortStableFunc(p.Schedule, func(a, b Switch) int { return cmp.Compare(a.At.minutes(), b.At.minutes()) })
	if p.Check <= 0 {
		p.Check = core.Duration(20 * time.Second)
	}
	return &Planner{Params: p}
}

// Start sets what holds now, then looks at the clock again and again: a timer
// for the next switch would miss it when the clock is set.
func (p *Planner) Start(env *core.Env) error {
	p.env = env
	p.look()
	_, err := env.Loop.Every(time.Duration(p.Check), p.look)
	return err
}

// look makes the switch that holds now, unless it was made. A clock that is put
// back repeats nothing; one that was wrong by more than a day begins anew.
func (p *Planner) look() {
	now := p.holds(p.env.Wall())
	if wrong := now.day < p.done.day-1; wrong || now.compare(p.done) > 0 {
		p.done = now
		p.set(p.Schedule[now.index].Setpoint)
	}
}

// holds returns the switch that holds at a date: the last one of that day, or
// the last one of the day before. Only what a clock on the wall shows counts.
func (p *Planner) holds(date time.Time) turn {
	year, month, day := date.Date()
	today := int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
	for i, next := range slices.Backward(p.Schedule) {
		if date.Hour()*60+date.Minute() >= next.At.minutes() {
			return turn{today, i}
		}
	}
	return turn{today - 1, len(p.Schedule) - 1}
}

// set tells all thermostats, at QoS 1: a cut connection must not cost a switch.
func (p *Planner) set(setpoint float64) {
	body := fmt.Appendf(nil, `{"occupied_heating_setpoint":%g}`, setpoint)
	for _, t := range p.Thermostats {
		p.env.Send(mqtt.Message{Topic: t + "/set", Payload: body, QoS: 1})
	}
}
