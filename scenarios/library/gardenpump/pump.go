// Package gardenpump waters a garden: a Shelly relay (2nd generation) opens the
// valve, a Tasmota switch runs the pump.
//
//	p := gardenpump.New(gardenpump.Params{Valve: "shellyplus1-c049ef8a1b20"})
//	err := core.Run(ctx, p, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// A pump that runs against a closed valve breaks. So it waits for the valve's
// answer to this very request: an answer that was long on its way belongs to an
// older one, after which the valve may have been closed. ON and OFF are taken on
// garden/water/set, and garden/water/state says what is.
package gardenpump

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what waters. Zero fields mean the defaults.
type Params struct {
	Valve string        `json:"valve"` // topic prefix of the relay; "": shellyplus1-c049ef8a1b20
	Pump  string        `json:"pump"`  // the switch's topic, as in cmnd/PUMP/POWER; "": pump
	Run   core.Duration `json:"run"`   // how long it waters; 0: 20 min
	Wait  core.Duration `json:"wait"`  // for an answer; 0: 4 s
	Tries int           `json:"tries"` // until it is given up; 0: 3
}

// client is what the valve answers to, as in CLIENT/rpc.
const client = "garden-pump"

// Pump is the automation. Make it with New.
type Pump struct {
	Params
	env   *core.Env
	open  bool        // what the valve has to be
	id    int         // of the latest request; the valve's answer has the same
	tried int         // requests since the valve had to be that
	wait  *loop.Timer // runs until the latest request is answered
	end   *loop.Timer // runs while the pump does
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Pump {
	if p.Valve == "" {
		p.Valve = "shellyplus1-c049ef8a1b20"
	}
	if p.Pump == "" {
		p.Pump = "pump"
	}
	if p.Run <= 0 {
		p.Run = core.Duration(20 * time.Minute)
	}
	if p.Wait <= 0 {
		p.Wait = core.Duration(4 * time.Second)
	}
	if p.Tries <= 0 {
		p.Tries = 3
	}
	return &Pump{Params: p}
}

// Start subscribes to the valve's answers and to commands.
func (p *Pump) Start(env *core.Env) error {
	p.env = env
	p.wait = env.Loop.NewTimer(func(*loop.Timer) { p.unanswered() })
	p.end = env.Loop.NewTimer(func(*loop.Timer) { p.stop() })
	if err := core.On(env, client+"/rpc", p.answered); err != nil {
		return err
	}
	return env.Subscribe("garden/water/set", p.commanded)
}

// commanded handles ON and OFF; one that the broker had kept is not of today. OFF
// is obeyed whatever is known.
func (p *Pump) commanded(m mqtt.Message) {
	switch command := string(m.Payload); {
	case m.Retain:
	case command == "ON" && !p.open:
		p.turn(true)
	case command == "OFF":
		p.stop()
	}
}

// stop stops the pump before the valve.
func (p *Pump) stop() {
	p.power("OFF")
	p.end.Stop()
	p.turn(false)
}

func (p *Pump) turn(open bool) {
	p.open, p.tried = open, 0
	p.ask()
}

type request struct {
	ID     int    `json:"id"`
	Src    string `json:"src"` // where the answer goes: SRC/rpc
	Method string `json:"method"`
	Params set    `json:"params"`
}

type set struct {
	ID int  `json:"id"` // of the switch
	On bool `json:"on"`
}

type answer struct {
	ID    int       `json:"id"`
	Error *struct { // nil: it is done
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// ask requests of the valve what it has to be.
func (p *Pump) ask() {
	p.tried++
	p.id++
	p.env.Publish(p.Valve+"/rpc", request{ID: p.id, Src: client, Method: "Switch.Set", Params: set{On: p.open}})
	p.wait.StartOnce(time.Duration(p.Wait))
}

func (p *Pump) unanswered() {
	if p.tried < p.Tries {
		p.ask()
		return
	}
	p.env.Log.Error("the valve does not answer", "valve", p.Valve, "tries", p.tried)
	p.fail()
}

// answered handles an answer of the valve. Only the latest request counts.
func (p *Pump) answered(_ mqtt.Message, a answer) {
	if a.ID != p.id || !p.wait.Running() {
		return
	}
	p.wait.Stop()
	switch {
	case a.Error != nil:
		p.env.Log.Error("the valve refuses", "valve", p.Valve, "code", a.Error.Code, "error", a.Error.Message)
		p.fail()
	case p.open:
		p.power("ON")
		p.say("watering")
		p.end.StartOnce(time.Duration(p.Run))
	default:
		p.say("idle")
	}
}

// fail leaves the pump off. The next ON begins anew.
func (p *Pump) fail() {
	p.open = false
	p.say("failed")
}

func (p *Pump) power(state string) {
	p.env.Send(mqtt.Message{Topic: "cmnd/" + p.Pump + "/POWER", Payload: []byte(state), QoS: 1})
}

func (p *Pump) say(state string) {
	p.env.Send(mqtt.Message{Topic: "garden/water/state", Payload: []byte(state), QoS: 1, Retain: true})
}
