package main

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simulate lives a house in a simulated world, and returns the digest of its
// whole run and how often something was said on each topic.
func simulate(t *testing.T, h house, seed uint64) (digest string, topics map[string]int) {
	t.Helper()
	w, err := sim.New(sim.Options{Start: h.start, Zone: h.start.Location(), Seed: seed})
	must(t, err)
	defer w.Close()
	topics = map[string]int{}
	w.Listen(func(s *match.Subject) { topics[s.Topic]++ })
	must(t, w.SetRetained(h.retained...))
	for _, m := range h.members {
		must(t, w.AddNamedApp(m.client, m.app))
	}
	must(t, w.Advance(h.length))
	digest, err = w.Finish()
	must(t, err)
	return digest, topics
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameSeedSameHouse(t *testing.T) {
	for name, build := range houses {
		first, _ := simulate(t, build(), 1)
		again, _ := simulate(t, build(), 1)
		other, _ := simulate(t, build(), 2)
		if first != again || first == other {
			t.Errorf("%s: %s, again %s, with another seed %s", name, first, again, other)
		}
	}
}

// The tapes, which were recorded from a real broker, are of these houses: a
// house that was changed has to be recorded again.
func TestTapes(t *testing.T) {
	for name, build := range houses {
		_, want := simulate(t, build(), 1)
		got := map[string]int{}
		tape, err := recorder.Open(filepath.Join("..", name, name+".hubtape"))
		must(t, err)
		c := tape.Cursor(recorder.Query{})
		for c.Next() {
			switch r := c.Record(); r.Kind {
			case recorder.KindMessage:
				got[r.Topic]++
			case recorder.KindSnapshot:
				got[r.Topic] += 0
			default:
				t.Errorf("%s: there is a %s on the tape at %v", name, r.Kind, r.At)
			}
		}
		must(t, c.Err())
		must(t, tape.Close())
		all := maps.Clone(want)
		maps.Copy(all, got)
		for topic := range all {
			// What falls on the end of the recording may be on either side of it.
			if most := 1 + want[topic]/100; got[topic] < want[topic]-most || got[topic] > want[topic]+most {
				t.Errorf("%s: %d messages on %s, and %d on the tape: record it again", name, want[topic], topic, got[topic])
			}
		}
		for _, m := range build().retained {
			if _, ok := got[m.Topic]; !ok {
				t.Errorf("%s: %s is not on the tape", name, m.Topic)
			}
		}
	}
}

// heard runs devices for a while and returns what they said after each command,
// as topic and payload.
func heard(t *testing.T, device member, steps func(w *sim.World)) (lines []string) {
	t.Helper()
	w, err := sim.New(sim.Options{Start: date("Europe/Budapest", 2026, time.January, 10, 12, 0)})
	must(t, err)
	defer w.Close()
	w.Listen(func(s *match.Subject) {
		if s.Source != match.Scenario {
			lines = append(lines, s.Topic+" "+string(s.Payload))
		}
	})
	must(t, w.AddApp(device.client, device.app))
	steps(w)
	return lines
}

func tell(t *testing.T, w *sim.World, topic, payload string, then time.Duration) {
	t.Helper()
	must(t, w.Publish(mqtt.Message{Topic: topic, Payload: []byte(payload)}))
	must(t, w.Advance(then))
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("said\n  %q\nwant\n  %q", got, want)
	}
}

func TestTasmota(t *testing.T) {
	got := heard(t, (&tasmota{name: "x", on: true}).member(), func(w *sim.World) {
		tell(t, w, "cmnd/x/POWER", "", time.Second)
		tell(t, w, "cmnd/x/POWER", "off", time.Second)
		tell(t, w, "cmnd/x/POWER", "TOGGLE", time.Second)
	})
	wantLines(t, got, `stat/x/RESULT {"POWER":"ON"}`, "stat/x/POWER ON",
		`stat/x/RESULT {"POWER":"OFF"}`, "stat/x/POWER OFF", `stat/x/RESULT {"POWER":"ON"}`, "stat/x/POWER ON")
}

func TestShelly(t *testing.T) {
	s := &shelly{id: "s", on: true, play: func(*shelly) {}}
	got := heard(t, s.member(), func(w *sim.World) {
		tell(t, w, "shellies/s/relay/0/command", "off", time.Second)
		s.leave()
		tell(t, w, "shellies/s/relay/0/command", "on", time.Minute)
		s.comeBack()
		must(t, w.Advance(0))
	})
	wantLines(t, got[1:], "shellies/s/relay/0 off", "shellies/s/online false", "shellies/s/online true", "shellies/s/relay/0 off")
}

// A GX device is silent until it is asked, and again a minute after that.
func TestVictron(t *testing.T) {
	v := &victron{portal: "p", play: func(v *victron) { v.set("a/0/B", 1) }}
	got := heard(t, v.member(), func(w *sim.World) {
		must(t, w.Advance(time.Hour))
		tell(t, w, "R/p/keepalive", `{"keepalive-options":["suppress-republish"]}`, 59*time.Second)
		v.set("a/0/B", 1) // no change
		v.set("a/0/B", nil)
		must(t, w.Advance(2*time.Second))
		v.set("a/0/B", 3)
		tell(t, w, "R/p/keepalive", "", time.Minute)
	})
	wantLines(t, got, `N/p/a/0/B {"value":null}`, `N/p/a/0/B {"value":3}`, `N/p/full_publish_completed {"value":1768046461}`)
}

func TestBridgeAnswersAtOnce(t *testing.T) {
	lamp := &zigbee{name: "Lamp (old)", state: map[string]any{"state": "OFF"}}
	b := &bridge{devices: []*zigbee{lamp}, play: func(*bridge) {}}
	got := heard(t, b.member(), func(w *sim.World) {
		tell(t, w, "zigbee2mqtt/Lamp (old)/set", `{"state":"ON","linkquality":1}`, 160*time.Millisecond)
		tell(t, w, "zigbee2mqtt/Nobody/set", `{"state":"ON"}`, time.Minute)
		tell(t, w, "zigbee2mqtt/Lamp (old)/set", `ON`, time.Minute)
	})
	if len(got) != 1 || lamp.state["state"] != "ON" {
		t.Errorf("said %q", got)
	}
}

// On the fast clock a timer of an hour is over in no time, and on time.
func TestFastRuntime(t *testing.T) {
	start := date("Europe/Budapest", 2026, time.March, 29, 1, 30)
	rt := newFastRuntime(1_000_000, start)
	var at time.Duration
	var wall time.Time
	must(t, rt.Run("test", func() {
		_ = rt.NewSignal("an hour").Wait(time.Hour)
		at, wall = rt.Now(), rt.Wall()
	}))
	must(t, rt.Close())
	if at < time.Hour || !wall.After(start.Add(time.Hour)) || wall.Hour() < 3 {
		t.Errorf("woken at %v, %v", at, wall)
	}
}
