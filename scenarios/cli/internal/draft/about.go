package draft

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/conventions"
)

// head begins a scenario: what the tape is, and what the scenario protects.
func (d *drafter) head(name, protects string) *writer {
	w := &writer{}
	w.comment("", "Written from %s: %s on %s in %s%s.", filepath.Base(d.Tape),
		command.Count(d.messages, "message"), command.Count(len(d.topics), "topic"), clock.FormatDuration(d.length.Round(time.Second)), d.since())
	if hubs := d.hubs(); hubs != "" {
		w.comment("", "On it: %s.", hubs)
	}
	if d.until > 0 {
		w.comment("", "The tape is longer: this plays its beginning, which is enough to run often.")
	}
	w.line("name: %s", quote(name))
	w.line("description: %s", quote(protects))
	return w
}

// since says when the tape was recorded, if it knows.
func (d *drafter) since() string {
	if d.start.IsZero() {
		return ""
	}
	return ", from " + d.start.Format("2006-01-02 15:04 MST")
}

// hubs are whose topics are on the tape.
func (d *drafter) hubs() string {
	var names, parts []string
	for _, t := range d.topics {
		names = append(names, t.name)
	}
	for _, s := range conventions.Find(names) {
		part := s.Name
		if s.Base != "" {
			part += " below " + s.Base
		}
		if s.Devices > 0 {
			part += " with " + command.Count(s.Devices, "device")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// startOf is the date of a tape's offset 0; zero where it is not known.
func startOf(path string) (start time.Time, err error) {
	if filepath.Ext(path) != ".hubtape" {
		return start, nil
	}
	tape, err := recorder.Open(path)
	if err != nil {
		return start, err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	if start = tape.Start(); start.Unix() == 0 {
		start = time.Time{}
	}
	return start, nil
}

// when is an instant for people: since the start, and by the clock on the wall.
func (d *drafter) when(at time.Duration) string {
	text := shown(at)
	if d.start.IsZero() {
		return text
	}
	layout := "15:04:05 MST"
	if d.length > 12*time.Hour {
		layout = "Mon 2006-01-02 15:04:05 MST"
	}
	return fmt.Sprintf("%s, %s", text, d.start.Add(at).Format(layout))
}

// shown is a duration for people.
func shown(d time.Duration) string { return clock.FormatDuration(d.Round(time.Millisecond)) }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return command.Count(n, "time")
}

// duration is a duration as it stands in a scenario.
func duration(d time.Duration) string { return quote(clock.FormatDuration(d)) }

// plainLevels are levels of topics that name no thing.
var plainLevels = []string{"set", "state", "command", "POWER", "RESULT", "rpc", "events", "status", "STATE", "SENSOR", "LWT", "relay", "0", "power"}

// nameOf is what a topic is about: the last level that names something.
func nameOf(topic string) string {
	levels := strings.Split(topic, "/")
	for _, l := range slices.Backward(levels) {
		if l != "" && !slices.Contains(plainLevels, l) {
			return l
		}
	}
	return topic
}

// niceDurations are what a wait is rounded up to.
var niceDurations = []time.Duration{
	200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// roundUp leaves a wait some room, and its text short.
func roundUp(d time.Duration) time.Duration {
	for _, nice := range niceDurations {
		if d < nice {
			return nice
		}
	}
	const day = 24 * time.Hour
	return d.Truncate(day) + day
}
