package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// pair is a device that answers: where it takes commands, where it says its
// state, and how long that took on the tape.
type pair struct {
	command, state string
	count          int
	least, most    time.Duration

	said, answer message // the first command that was answered, and its answer
	answered     string  // the part of the answer that shows it, as a condition has it
	json         bool    // both are JSON objects, as those of devices in scenarios

	pending *message // the latest command that is not answered yet
}

// answersWithin is how long an answer may take; what comes later is a report.
const answersWithin = 5 * time.Second

// findPairs measures the devices of a tape.
func (d *drafter) findPairs() error {
	byCommand, byState := map[string]*pair{}, map[string][]*pair{}
	for _, t := range d.told() {
		for _, state := range stateTopics(t) {
			if s := d.byName[state]; s != nil && s.said > 0 && byCommand[t.name] == nil {
				p := &pair{command: t.name, state: state}
				byCommand[t.name] = p
				byState[state] = append(byState[state], p)
				d.pairs = append(d.pairs, p)
			}
		}
	}
	if len(d.pairs) == 0 {
		return nil
	}
	seq := 0
	err := d.read(d.Tape, func(r *recorder.Record) {
		seq++
		if r.Kind == recorder.KindSnapshot {
			return
		}
		if p := byCommand[r.Topic]; p != nil {
			p.pending = &message{seq, r.At, slices.Clone(r.Payload)}
		}
		for _, p := range byState[r.Topic] {
			p.hear(message{seq, r.At, r.Payload})
		}
	})
	d.pairs = slices.DeleteFunc(d.pairs, func(p *pair) bool { return p.count == 0 })
	return err
}

// hear looks whether a state is the answer to the pending command.
func (p *pair) hear(m message) {
	if p.pending == nil {
		return
	}
	delay := m.at - p.pending.at
	answered, isJSON, ok := answers(p.pending.payload, m.payload)
	if delay > answersWithin || !ok {
		return
	}
	if p.count++; p.count == 1 {
		m.payload = slices.Clone(m.payload)
		p.said, p.answer, p.answered, p.json = *p.pending, m, answered, isJSON
		p.least, p.most = delay, delay
	}
	p.least, p.most = min(p.least, delay), max(p.most, delay)
	p.pending = nil
}

// answers reports whether a state says what a command asked for, and how a
// condition asks for it.
func answers(asked, state []byte) (condition string, isJSON, ok bool) {
	want, got := objectOf(asked), objectOf(state)
	if got == nil {
		ok = bytes.EqualFold(asked, state) && len(asked) > 0
		return content(state, nil), false, ok
	}
	shared := map[string]json.RawMessage{}
	for key, value := range want {
		if bytes.Equal(got[key], value) {
			shared[key] = value
		}
	}
	condition = fields(shared, nil)
	return condition, true, condition != ""
}

// stateTopics are where a device may say its state, by the convention of its
// commands.
func stateTopics(t *topic) []string {
	if filter, _ := commandFilter(t); filter == "" {
		return nil
	}
	l := strings.Split(t.name, "/")
	last := len(l) - 1
	switch {
	case l[0] == "cmnd" && last > 0:
		return []string{"stat/" + strings.Join(l[1:], "/")}
	case l[0] == "W":
		return []string{"N/" + strings.Join(l[1:], "/")}
	case l[last] == "set", l[last] == "command":
		base := strings.Join(l[:last], "/")
		return []string{base, base + "/state"}
	}
	return nil
}

// delays is how long the answers took.
func (p *pair) delays() string {
	least, most := shown(p.least), shown(p.most)
	if least == most {
		return most
	}
	return fmt.Sprintf("%s to %s", least, most)
}

// maxDevices is how many devices are suggested.
const maxDevices = 8

// devices suggests the devices of the tape, as a comment: with them the world
// answers the automation, instead of what was recorded.
func (d *drafter) devices(w *writer) {
	list := slices.DeleteFunc(slices.Clone(d.pairs), func(p *pair) bool { return !p.json })
	if len(list) == 0 {
		return
	}
	w.comment("", "devices: # that react to commands, as they did on the tape; their states are then not fed from it")
	for _, p := range list[:min(len(list), maxDevices)] {
		w.comment("", "  - name: %s # answered %s", quote(nameOf(p.state)), times(p.count))
		w.comment("", "    command_topic: %s", quote(p.command))
		w.comment("", "    state_topic: %s", quote(p.state))
		if state := stateFields(d.byName[p.state].start); state != "" {
			w.comment("", "    state: {%s}", state)
		}
		w.comment("", "    delay: {min: %s, max: %s}", duration(p.least.Truncate(time.Millisecond)), duration(p.most.Truncate(time.Millisecond)+time.Millisecond))
	}
}

// maxStateFields is how much of a device's state is written.
const maxStateFields = 8

// stateFields are the fields of a payload that a device may have.
func stateFields(payload []byte) string {
	object := objectOf(payload)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if part, _ := field(key, object[key]); part != "" && len(parts) < maxStateFields {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
