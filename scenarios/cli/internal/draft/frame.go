package draft

import (
	"cmp"
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/clock"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios"
)

// maxTold is how many topics are expected one by one.
const maxTold = 4

// frame writes a scenario without an automation: the first message of the
// topics that change most, and how often the first of these comes after that.
func (d *drafter) frame() (*Draft, error) {
	told := d.telling()
	w := d.head("what is on " + filepath.Base(d.Tape))
	w.comment("", `app: "NAME" # an automation of this binary; conditions then see what it says`)
	d.tape(w)
	w.line("steps:")
	w.comment("  ", "The topics that change most, in the order in which they are first said.")
	before, seq := time.Duration(0), 0
	for _, t := range told {
		within := (t.first.at - before).Truncate(time.Second) + 2*time.Second
		w.line("  - route_until: {topic: %s%s, within: %s}", quote(t.name), content(t.first.payload), quote(clock.FormatDuration(within)))
		before, seq = t.first.at, t.first.seq
	}
	most := slices.MaxFunc(told, func(a, b *topic) int { return cmp.Compare(a.changes, b.changes) })
	n, err := d.countAfter(most.name, seq)
	if err != nil {
		return nil, err
	}
	w.comment("  ", "And from there to the end of the tape.")
	w.line("  - count: {topic: %s, min: %d, max: %d}", quote(most.name), n, n)
	r, err := d.try(w.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	return d.settle(w, r), nil
}

// telling are the topics that say most about a home, in the order in which they
// are first said.
func (d *drafter) telling() []*topic {
	list := slices.DeleteFunc(d.told(), func(t *topic) bool { return dull(t.name) })
	if len(list) == 0 {
		list = slices.DeleteFunc(d.told(), func(t *topic) bool { return isLog(t.name) })
	}
	if len(list) == 0 {
		list = d.told()[:1]
	}
	slices.SortStableFunc(list, func(a, b *topic) int { return -cmp.Compare(a.changes, b.changes) })
	list = list[:min(len(list), maxTold)]
	slices.SortFunc(list, func(a, b *topic) int { return cmp.Compare(a.first.seq, b.first.seq) })
	return list
}

// dull reports whether a topic is about the hub rather than the home.
func dull(name string) bool {
	levels := strings.Split(name, "/")
	last := levels[len(levels)-1]
	return slices.Contains(levels, "bridge") || slices.Contains([]string{"availability", "LWT", "online", "status", "config", "announce"}, last)
}

// countAfter counts the messages on a topic after a place on the tape.
func (d *drafter) countAfter(name string, seq int) (n int, err error) {
	at := 0
	err = readTape(d.Tape, func(r *recorder.Record) {
		if at++; at > seq && r.Topic == name {
			n++
		}
	})
	return n, err
}

// longest is how long a text in a condition may be.
const longest = 60

// content is the part of a condition that asks for a payload: its most telling
// fields, or the whole of a short text; else nothing.
func content(payload []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(payload, &object) == nil && object != nil {
		return fields(object)
	}
	if text := string(payload); !strange(text) {
		return ", payload: " + quote(text)
	}
	return ""
}

// maxFields is how many fields of an object are asked for.
const maxFields = 2

// plainNumber is a number that reads the same in YAML and JSON, everywhere.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$`)

// fields asks for some fields of an object: states and switches before numbers,
// and nothing that is another each time.
func fields(object map[string]json.RawMessage) string {
	var words, numbers []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if passing(key) || strange(key) {
			continue
		}
		var text string
		switch value := string(object[key]); {
		case value == "true" || value == "false":
			words = append(words, quote(key)+": "+value)
		case plainNumber.MatchString(value):
			numbers = append(numbers, quote(key)+": "+value)
		case value[0] == '"' && json.Unmarshal(object[key], &text) == nil && !strange(text):
			words = append(words, quote(key)+": "+quote(text))
		}
	}
	all := append(words, numbers...)
	if len(all) == 0 {
		return ""
	}
	return ", json: {" + strings.Join(all[:min(len(all), maxFields)], ", ") + "}"
}

// strange reports whether a text had better not stand in a condition: too long,
// or not what was sent once it is decoded.
func strange(text string) bool {
	return len(text) > longest || strings.ContainsRune(text, utf8.RuneError) || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0
}

// passing reports whether a field is about the message rather than the thing.
func passing(key string) bool {
	return slices.Contains([]string{"last_seen", "linkquality", "elapsed", "Time", "time", "timestamp", "ts", "id", "voltage", "battery", "src"}, key)
}
