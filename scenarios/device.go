package scenarios

import "time"

// Device reacts to commands as a real one would.
type Device struct {
	Pos
	Name         string
	CommandTopic string
	StateTopic   string
	State        any    // plain Go values; nil when not given
	Delay        Spread // from a command to the state it leads to
	Retain       bool   // the state is a retained message
}

// Spread is a duration drawn from the seed between Min and Max; both ends
// count, and they are equal for a fixed one.
type Spread struct{ Min, Max time.Duration }

// Window is a stretch of virtual time since the start; both ends count.
type Window struct{ From, To time.Duration }

// Has reports whether an instant lies in the window. A nil window is all time.
func (w *Window) Has(at time.Duration) bool {
	return w == nil || at >= w.From && at <= w.To
}

var (
	deviceKeys = []string{"name", "command_topic", "state_topic", "state", "delay", "retain"}
	spreadKeys = []string{"min", "max"}
)

func (r *reader) devices(o object) []Device {
	n, ok := o.has("devices")
	if !ok {
		return nil
	}
	if n.kind != kindList {
		r.want(n, "devices", "begin each device with -", "a list of objects")
		return nil
	}
	var out []Device
	names := map[string]int{}
	for _, item := range n.items {
		d, ok := r.device(item)
		if !ok {
			continue
		}
		if line, taken := names[d.Name]; taken && d.Name != "" {
			r.fail(item.field("name").Pos, "", "a device named %q stands in line %d already", d.Name, line)
		}
		names[d.Name] = d.Line
		out = append(out, d)
	}
	return out
}

func (r *reader) device(n *node) (Device, bool) {
	d := Device{Pos: n.Pos}
	o, ok := r.object(n, "a device", deviceKeys...)
	if !ok {
		return d, false
	}
	d.Name = o.requiredText("name")
	d.CommandTopic = o.topic("command_topic")
	d.StateTopic = o.topic("state_topic")
	if d.CommandTopic != "" && d.CommandTopic == d.StateTopic {
		r.fail(o.field("state_topic").Pos, "", "a device whose state_topic is its command_topic would command itself")
	}
	if s, ok := o.has("state"); ok {
		d.State = r.any(s, "state")
	}
	if delay := o.spread("delay"); delay != nil {
		d.Delay = *delay
	}
	d.Retain, _ = o.boolean("retain")
	return d, true
}

func deviceNames(devices []Device) []string {
	names := make([]string, len(devices))
	for i, d := range devices {
		names[i] = d.Name
	}
	return names
}
