// Package batteryguard turns Tasmota switches off while the battery of a Victron
// GX device is low, and while nobody knows how full it is:
//
//	g := batteryguard.New(batteryguard.Params{Portal: "c0619ab2d8f1", Low: 20})
//	err := core.Run(ctx, g, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://venus"}})
//
// A GX device talks for a minute after it was asked to, so the guard asks every
// half minute. What it heard before a silence is no state of charge of now: the
// guard asks for that value itself, and takes silence for a low battery.
//
// [GX] is a GX device to try it with.
package batteryguard

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is guarded. Zero fields mean the defaults.
type Params struct {
	Portal  string        `json:"portal"`  // VRM portal id; "": c0619ab2d8f1
	Loads   []string      `json:"loads"`   // the switches' topics, as in cmnd/LOAD/POWER; none: heater, dishwasher
	Low     float64       `json:"low"`     // % state of charge, up to which loads are off; 0: 20
	Enough  float64       `json:"enough"`  // %, from which on they are on again; 0: 30
	Silence core.Duration `json:"silence"` // without a value until nobody knows; 0: 3 min
}

// keepalive is how often the GX device is asked to talk; it wants to be asked
// every 60 s. reading is how often it is asked for the state of charge, which it
// would otherwise say only when it changes.
const (
	keepalive = 30 * time.Second
	reading   = time.Minute
)

// Guard is the automation. Make it with New.
type Guard struct {
	Params
	env    *core.Env
	state  string      // ok, low or unknown, as said last
	shed   bool        // the loads are off because of us
	silent *loop.Timer // runs while there are values
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Guard {
	if p.Portal == "" {
		p.Portal = "c0619ab2d8f1"
	}
	if len(p.Loads) == 0 {
		p.Loads = []string{"heater", "dishwasher"}
	}
	if p.Low <= 0 {
		p.Low = 20
	}
	if p.Enough <= 0 {
		p.Enough = 30
	}
	if p.Silence <= 0 {
		p.Silence = core.Duration(3 * time.Minute)
	}
	return &Guard{Params: p}
}

// soc is the path of the state of charge.
const soc = "/system/0/Dc/Battery/Soc"

// Start subscribes to the state of charge, and asks.
func (g *Guard) Start(env *core.Env) error {
	g.env = env
	g.silent = env.Loop.NewTimer(func(*loop.Timer) { g.is("unknown") })
	g.silent.StartOnce(time.Duration(g.Silence))
	if err := core.On(env, "N/"+g.Portal+soc, g.batterySaid); err != nil {
		return err
	}
	env.Publish("R/"+g.Portal+"/keepalive", nil)
	if _, err := env.Loop.Every(keepalive, func() {
		env.Publish("R/"+g.Portal+"/keepalive", `{"keepalive-options":["suppress-republish"]}`)
	}); err != nil {
		return err
	}
	_, err := env.Loop.Every(reading, func() { env.Publish("R/"+g.Portal+soc, nil) })
	return err
}

// value is what a GX device says of a path; nil: null, or none at all.
type value struct {
	Value *float64 `json:"value"`
}

// batterySaid handles a state of charge. null is what a GX device says while the
// battery's monitor is not there: as good as nothing.
func (g *Guard) batterySaid(_ mqtt.Message, charge value) {
	if charge.Value == nil {
		return
	}
	g.silent.StartOnce(time.Duration(g.Silence))
	switch percent := *charge.Value; {
	case percent <= g.Low:
		g.is("low")
	case percent >= g.Enough || g.state == "":
		g.is("ok")
	case g.state == "unknown":
		g.is("low") // between the bounds it was ok or low; nobody knows
	}
}

// is says what holds, unless it was said. Loads are turned on only if the guard
// has turned them off.
func (g *Guard) is(state string) {
	if state == g.state {
		return
	}
	g.state = state
	g.env.Send(mqtt.Message{Topic: "battery-guard/state", Payload: []byte(state), QoS: 1, Retain: true})
	if shed := state != "ok"; shed != g.shed {
		g.shed = shed
		g.switchLoads()
	}
}

func (g *Guard) switchLoads() {
	power := "ON"
	if g.shed {
		power = "OFF"
	}
	for _, load := range g.Loads {
		g.env.Send(mqtt.Message{Topic: "cmnd/" + load + "/POWER", Payload: []byte(power), QoS: 1})
	}
}
