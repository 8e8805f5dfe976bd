// Package plugkeeper gives Tasmota plugs back the state that they had before
// they went away. After a power cut each begins with its own idea of it:
//
//	k := plugkeeper.New(plugkeeper.Params{Plugs: []string{"freezer", "router"}})
//	err := core.Run(ctx, k, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// When the broker restarts, all plugs come back at once and each says what it
// knows several times over. The keeper lets that pass, and then tells each plug
// that is wrong, once, one after the other: not all motors start together.
package plugkeeper

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say which plugs are kept. Zero fields mean the defaults.
type Params struct {
	Plugs  []string      `json:"plugs"`  // their topics, as in cmnd/PLUG/POWER, the most important first; none: freezer, router, pump
	Settle core.Duration `json:"settle"` // from the last Online to a look at the first plug; 0: 5 s
	Gap    core.Duration `json:"gap"`    // how much later each next plug is looked at; 0: 2 s
}

// Keeper is the automation. Make it with New.
type Keeper struct{ Params }

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Keeper {
	if len(p.Plugs) == 0 {
		p.Plugs = []string{"freezer", "router", "pump"}
	}
	if p.Settle <= 0 {
		p.Settle = core.Duration(5 * time.Second)
	}
	if p.Gap <= 0 {
		p.Gap = core.Duration(2 * time.Second)
	}
	return &Keeper{Params: p}
}

// Start subscribes to all that a plug says of its power.
func (k *Keeper) Start(env *core.Env) error {
	for i, name := range k.Plugs {
		p := &plug{name: name, env: env, wait: time.Duration(k.Settle) + time.Duration(i)*time.Duration(k.Gap)}
		p.back = env.Loop.NewTimer(func(*loop.Timer) { p.look() })
		if err := env.Subscribe("tele/"+name+"/LWT", p.availabilitySaid); err != nil {
			return err
		}
		if err := env.Subscribe("stat/"+name+"/POWER", func(m mqtt.Message) { p.powerSaid(string(m.Payload)) }); err != nil {
			return err
		}
		if err := core.On(env, "tele/"+name+"/STATE", func(_ mqtt.Message, s telemetry) { p.powerSaid(s.Power) }); err != nil {
			return err
		}
	}
	return nil
}

type telemetry struct {
	Power string `json:"POWER"`
}

type plug struct {
	name string
	env  *core.Env
	wait time.Duration // from Online to a look
	back *loop.Timer   // runs while it comes back

	away bool
	kept string // ON or OFF: what it was before it went away; "": not known
	said string // what it said last
}

// powerSaid handles any of the ways in which a plug says what it is. While it
// comes back that is only what it began with.
func (p *plug) powerSaid(power string) {
	if power == "" {
		return
	}
	p.said = power
	if !p.away {
		p.kept = power
	}
}

// availabilitySaid handles will and birth. What the broker had kept is no news.
func (p *plug) availabilitySaid(m mqtt.Message) {
	if m.Retain {
		return
	}
	p.away = true // also at an Online without an Offline: a broker that restarts says no wills
	p.back.Stop()
	if string(m.Payload) == "Online" {
		p.back.StartOnce(p.wait)
	}
}

// look tells the plug what it was, if it is not.
func (p *plug) look() {
	p.away = false
	if p.kept != "" && p.said != p.kept {
		p.env.Send(mqtt.Message{Topic: "cmnd/" + p.name + "/POWER", Payload: []byte(p.kept), QoS: 1})
	}
}
