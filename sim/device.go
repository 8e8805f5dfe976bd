package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// Device reacts to commands as a simple real device does: a command's JSON
// object is merged into its state, and the state is published.
type Device struct {
	Name         string
	CommandTopic string         // a filter is allowed
	StateTopic   string         //
	State        map[string]any // at instant 0; plain JSON values
	DelayMin     time.Duration  // from a command to the state it leads to:
	DelayMax     time.Duration  // drawn between the two, both included
	Retain       bool           // the state is retained, from instant 0 on
}

func (d *Device) validate() error {
	if err := mqtt.ValidateFilter(d.CommandTopic); err != nil {
		return fmt.Errorf("device %q: command topic: %w", d.Name, err)
	}
	if err := mqtt.ValidateTopic(d.StateTopic); err != nil {
		return fmt.Errorf("device %q: state topic: %w", d.Name, err)
	}
	if d.DelayMin < 0 || d.DelayMax < d.DelayMin {
		return fmt.Errorf("device %q: a delay between %v and %v cannot be", d.Name, d.DelayMin, d.DelayMax)
	}
	if _, err := json.Marshal(d.State); err != nil {
		return fmt.Errorf("device %q: its state is no JSON: %w", d.Name, err)
	}
	return nil
}

// devicePrefix begins the client ids of devices.
const devicePrefix = "device "

func (d *Device) clientID() string { return devicePrefix + d.Name }

// launchDevice starts a device as a client of its own.
func (w *World) launchDevice(d *Device) error {
	run := &deviceRun{Device: d, state: maps.Clone(d.State), note: w.note}
	if run.state == nil {
		run.state = map[string]any{}
	}
	if d.Retain {
		if err := w.broker.SetRetained(run.message()); err != nil {
			return fmt.Errorf("device %q: %w", d.Name, err)
		}
	}
	client := d.clientID()
	_, err := core.Launch(w.clock, run, core.LaunchOptions{
		Name: client, Seed: w.options.Seed, Dial: w.network.dialer(owner{client, match.Device}), Broker: link.DialOptions{ClientID: client},
	})
	if err != nil {
		w.fail(&Failure{Kind: "device", At: w.Now(), Err: err, Message: fmt.Sprintf("device %q cannot start: %v", d.Name, err)})
	}
	return w.failed()
}

// deviceRun is a device as an app of its own.
type deviceRun struct {
	*Device
	state map[string]any
	free  time.Duration // when the last answer is due: answers keep the commands' order
	note  func(format string, args ...any)
}

func (d *deviceRun) Start(env *core.Env) error {
	draw := env.Rand("delay")
	return env.Subscribe(d.CommandTopic, func(m mqtt.Message) {
		var command map[string]json.RawMessage // values are passed on as they were written
		if err := json.Unmarshal(m.Payload, &command); err != nil || command == nil {
			d.note("device %q ignores commands that are no JSON object, such as %.40q", d.Name, m.Payload)
			return
		}
		delay := d.DelayMin
		if spread := d.DelayMax - d.DelayMin; spread > 0 {
			delay += time.Duration(draw.Int64N(int64(spread) + 1))
		}
		d.free = max(d.free, env.Now()+delay)
		env.Loop.After(d.free-env.Now(), func() {
			for _, key := range slices.Sorted(maps.Keys(command)) {
				d.state[key] = command[key]
			}
			env.Send(d.message())
		})
	})
}

// message is the state, its keys in order.
func (d *deviceRun) message() mqtt.Message {
	body, err := json.Marshal(d.state)
	if err != nil { // validate has seen the state, and commands came as JSON
		panic(err)
	}
	return mqtt.Message{Topic: d.StateTopic, Payload: body, Retain: d.Retain}
}
