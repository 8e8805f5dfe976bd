package browsertest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/report"
)

// house makes what a home with Zigbee2MQTT says, until there are n events.
type house struct {
	random *rand.Rand
	h      *report.History
	now    time.Duration
	state  map[string]*device
	names  []string
}

type device struct {
	kind        int
	on          bool
	temperature float64
	quality     int
}

func newHouse(devices, limit int) *house {
	w := &house{random: rand.New(rand.NewPCG(1, 2)), h: &report.History{Limit: limit}, state: map[string]*device{}}
	kinds := []string{"lamp", "motion", "climate", "door", "plug"}
	rooms := []string{"hall", "kitchen", "bath", "attic", "cellar", "office", "garage", "bedroom", "nursery", "terrace", "stairs", "laundry"}
	for i := range devices {
		name := rooms[i/len(kinds)%len(rooms)] + "_" + kinds[i%len(kinds)]
		if i >= len(rooms)*len(kinds) {
			name += fmt.Sprint("_", i/(len(rooms)*len(kinds)))
		}
		w.names = append(w.names, name)
		w.state[name] = &device{kind: i % len(kinds), temperature: 17 + 6*w.random.Float64(), quality: 60 + w.random.IntN(160)}
	}
	for _, name := range w.names {
		w.say(report.Snapshot, "tape", "zigbee2mqtt/"+name+"/availability", `{"state":"online"}`, true)
	}
	return w
}

func (w *house) say(kind report.EventKind, source, topic, payload string, retain bool) {
	w.h.Add(report.Event{At: w.now, Kind: kind, Source: source, Topic: topic, Payload: []byte(payload), Retain: retain})
}

// next is one device that says something; a lamp is told to first.
func (w *house) next() {
	w.now += time.Duration(w.random.ExpFloat64() * float64(600*time.Millisecond))
	name := w.names[w.random.IntN(len(w.names))]
	d := w.state[name]
	d.quality = max(20, min(255, d.quality+w.random.IntN(21)-10))
	d.temperature += (w.random.Float64() - 0.5) * 0.2
	if w.random.IntN(4) == 0 {
		d.on = !d.on
	}
	topic := "zigbee2mqtt/" + name
	if d.kind == 0 {
		w.say(report.Message, "app", topic+"/set", fmt.Sprintf(`{"state":"%s","transition":2}`, onOff(d.on)), false)
		w.now += time.Duration(150+w.random.IntN(60)) * time.Millisecond
	}
	w.say(report.Message, source(d.kind), topic, w.payload(d), false)
}

func source(kind int) string {
	if kind == 0 {
		return "device"
	}
	return "tape"
}

func (w *house) payload(d *device) string {
	seen := time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC).Add(w.now).Format("2006-01-02T15:04:05.000Z")
	tail := fmt.Sprintf(`"last_seen":"%s","linkquality":%d`, seen, d.quality)
	switch d.kind {
	case 0:
		return fmt.Sprintf(`{"brightness":%d,"color_mode":"color_temp","color_temp":370,"state":"%s",%s,"update":{"installed_version":587814449,"latest_version":587814449,"state":"idle"}}`, 100+w.random.IntN(155), onOff(d.on), tail)
	case 1:
		return fmt.Sprintf(`{"battery":97,"illuminance":%d,"occupancy":%t,"voltage":2975,%s}`, w.random.IntN(400), d.on, tail)
	case 2:
		return fmt.Sprintf(`{"battery":88,"humidity":%.2f,"temperature":%.2f,"pressure":1013.2,"voltage":2990,%s}`, 45+d.temperature/3, d.temperature, tail)
	case 3:
		return fmt.Sprintf(`{"battery":100,"contact":%t,"device_temperature":%d,"voltage":3025,%s}`, d.on, int(d.temperature), tail)
	}
	return fmt.Sprintf(`{"current":%.2f,"energy":%.2f,"power":%d,"state":"%s","voltage":231,%s}`, w.random.Float64(), w.now.Hours(), w.random.IntN(90), onOff(d.on), tail)
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// evening is a house of some messages that passed, or did not.
func evening(messages, devices int, status report.Status) *report.Run {
	w := newHouse(devices, 0)
	for w.h.Count() < messages {
		w.next()
	}
	budapest := time.FixedZone("CET", 3600)
	r := &report.Run{
		Name: "an evening at home", File: "testdata/evening.yaml", Description: "Lights follow motion, and nothing burns at night.",
		Tags: []string{"lights", "slow"}, Status: status, Seed: 7, Digest: "8f14e45fceea167a5a36dedd4bea2543a1b2c3d4e5f60718293a4b5c6d7e8f90",
		Start: time.Date(2026, 1, 10, 17, 0, 0, 0, budapest), Length: w.now, Wall: 120 * time.Millisecond,
		In: messages * 3 / 4, Out: messages / 4, Repeat: "simrun testdata/evening.yaml --seed 7", History: w.h,
	}
	w.h.Spans = []report.Span{
		{Kind: report.StepSpan, From: 0, To: w.now / 4, Label: "route_until", Text: `zigbee2mqtt/hall_lamp/set {"state":"ON"} within 2s`, Topic: "zigbee2mqtt/hall_lamp/set", Line: 12},
		{Kind: report.StepSpan, From: w.now / 4, To: w.now / 2, Label: "advance", Text: "5m", Line: 13},
		{Kind: report.StepSpan, From: w.now / 2, To: w.now, Label: "never", Text: "zigbee2mqtt/+/set where payload.brightness > 100", Topic: "zigbee2mqtt/+/set", Line: 14},
		{Kind: report.ExpectationSpan, From: 0, To: w.now, Label: "same_as_tape", Text: "tolerance 1s", Line: 20},
		{Kind: report.ExpectationSpan, From: w.now / 10, To: w.now / 3, Label: "ordered", Text: "zigbee2mqtt/hall_lamp/set", Line: 21},
		{Kind: report.FaultSpan, From: w.now * 6 / 10, To: w.now * 7 / 10, Label: "silence", Text: "hall_motion says nothing"},
		{Kind: report.GapSpan, From: w.now * 8 / 10, To: w.now * 82 / 100, Label: "gap", Text: "connection lost"},
	}
	if status == report.Failed {
		w.h.Spans[2].Failed = true
		w.h.Spans[2].To = w.now * 55 / 100
		r.Failures = []report.Failure{{
			Kind: "never", Message: `zigbee2mqtt/kitchen_lamp/set said {"brightness": 254}, which it never should`, At: w.now * 55 / 100, Topic: "zigbee2mqtt/kitchen_lamp/set", Line: 14,
			Details: []string{`zigbee2mqtt/kitchen_lamp/set {"state":"ON","brightness":254}`, "where payload.brightness > 100"},
			Around:  []string{"0:04:59.820  tape    zigbee2mqtt/kitchen_motion  {\"occupancy\":true}", "0:05:00.000  app     zigbee2mqtt/kitchen_lamp/set  {\"state\":\"ON\",\"brightness\":254}"},
		}, {
			Kind: "same_as_tape", Message: "3 messages differ from the tape", At: w.now * 9 / 10, Topic: "zigbee2mqtt/hall_lamp/set", Line: 20,
			Details: []string{"missing  0:07:00.000  zigbee2mqtt/hall_lamp/set  {\"state\":\"OFF\"}"},
		}}
		r.Warnings = []string{"steps[3]: the filter zigbee2mqtt/attc/# matches nothing"}
		r.Log = []string{"17:00:00 hall: ready", "17:05:00 kitchen: brightness 254"}
	}
	return r
}
