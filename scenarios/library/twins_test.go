package library_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library/homesensors"
	"github.com/hubtape/hubtape/scenarios/library/plugkeeper"
)

// twins are automations with one mistake each, the one that people make: most
// are the right automation that does not notice something.
var twins = map[string]map[string]spoiler{
	"bathfan": {
		"takes the latest message for the latest reading": hears(lastSeen(epoch)),
		"forgets that a node restarts":                    hears(without("bathroom-fan/status")),
	},
	"batteryguard": {
		"forgets to keep the GX device talking": asks(func(m message) bool { return len(m.Payload) == 0 }),
		"forgets to ask for the value":          asks(func(m message) bool { return strings.HasSuffix(m.Topic, "/keepalive") }),
		"takes null for a full battery":         hears(rewritten("N/#", `"value":null`, `"value":100`)),
	},
	"boilernight": {
		"runs whenever the clock shows the time": heatsByTheClock(func(passed, _ time.Duration) bool { return passed >= 45*time.Minute }),
		"heats until a clock shows the end":      heatsByTheClock(func(_, shown time.Duration) bool { return shown == 3*time.Hour+15*time.Minute }),
	},
	"doorlock": {
		"believes the optimistic state": hears(optimistic),
		"does not see the bolt":         hears(without("zigbee2mqtt/Front door lock")),
	},
	"freezerwatch": {
		"takes nan for a reading":          hears(rewritten("+/sensor/temperature/state", "nan", "-18")),
		"takes a kept reading for news":    hears(unkept),
		"does not know that sensors leave": hears(without("zigbee2mqtt/+/availability")),
		"takes every offline for the end":  hears(rewritten("#", "online", "offline")),
	},
	"garagegate": {
		"obeys what the broker kept": hears(unkept),
		"leaves commands behind":     says(unless(func(m message) bool { return len(m.Payload) == 0 })),
	},
	"gardenpump": {
		"takes any answer for its own": answersAnything,
		"takes a refusal for a yes":    hears(rewritten("garden-pump/rpc", `"error"`, `"result"`)),
	},
	"heatreports": {
		"acknowledges a report once":   inReports(onlyNew),
		"counts what comes again":      inReports(anotherSlot),
		"counts for the day it is now": inReports(today),
	},
	"homesensors": {
		"says its sensors only at the start": hears(without("homeassistant/status")),
		"answers each birth at once":         instead(func() core.App { return homesensors.New(homesensors.Params{Wait: 1}) }),
		"takes a kept birth for news":        hears(unkept),
		"leaves ghosts alone":                hears(without("homeassistant/sensor/#")),
	},
	"plugkeeper": {
		"looks at once":                instead(func() core.App { return plugkeeper.New(plugkeeper.Params{Settle: 1, Gap: 1}) }),
		"starts all motors together":   instead(func() core.App { return plugkeeper.New(plugkeeper.Params{Gap: 1}) }),
		"answers each message":         instead(correctsEachMessage),
		"takes a restart for a change": hears(without("tele/+/LWT")),
	},
	"wallbutton": {
		"toggles at each copy":    hears(lastSeen(iso8601)),
		"does not see the lamp":   hears(without("zigbee2mqtt/Bedroom lamp")),
		"takes a hold as a press": hears(rewritten("zigbee2mqtt/Bedside button", `"hold"`, `"single"`)),
	},
}

// Each scenario is there for a mistake, and finds it.
func TestTwinsFail(t *testing.T) {
	eachLinked(t, func(t *testing.T, name string, s *scenarios.Scenario) {
		if older := tooLate[name] != 0; older != (twins[name] == nil) {
			t.Fatal("nothing says what mistake it finds")
		}
		for mistake, spoil := range twins[name] {
			t.Run(mistake, func(t *testing.T) {
				r := s.Run(appsWith(spoil), scenarios.RunOptions{})
				if r.Status != scenarios.Failed {
					t.Errorf("it was not noticed: %s", report(r))
				}
				t.Log(report(r))
			})
		}
	})
}

// The night that the broker keeps is for the next start: an automation that does
// not hear of it, as its connection is down, heats once all the same.
func TestBoilerWithoutItsMemory(t *testing.T) {
	s, err := scenarios.Load("boilernight/boilernight.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Run(appsWith(hears(without("boiler-night/#"))), scenarios.RunOptions{}); r.Status != scenarios.Passed {
		t.Error(report(r))
	}
}

// instead is another automation altogether.
func instead(construct func() core.App) spoiler {
	return func(core.App) core.App { return construct() }
}

func without(filter string) func(*spoiled, message) (message, bool) {
	return func(_ *spoiled, m message) (message, bool) { return m, !mqtt.Match(filter, m.Topic) }
}

// unkept makes what the broker had kept look like news.
func unkept(_ *spoiled, m message) (message, bool) {
	m.Retain = false
	return m, true
}

func rewritten(filter, from, to string) func(*spoiled, message) (message, bool) {
	return func(_ *spoiled, m message) (message, bool) {
		if mqtt.Match(filter, m.Topic) {
			m.Payload = bytes.ReplaceAll(m.Payload, []byte(from), []byte(to))
		}
		return m, true
	}
}

// optimistic takes the state of a lock for that of its bolt.
func optimistic(_ *spoiled, m message) (message, bool) {
	return altered(m, func(body map[string]any) bool {
		if body["state"] == "LOCK" {
			body["lock_state"] = "locked"
		}
		return true
	}), true
}

// lastSeen makes of each message one that was heard just now.
func lastSeen(of func(at time.Duration) any) func(*spoiled, message) (message, bool) {
	return func(s *spoiled, m message) (message, bool) {
		return altered(m, func(body map[string]any) bool {
			_, has := body["last_seen"]
			body["last_seen"] = of(s.env.Now())
			return has
		}), true
	}
}

// epoch and iso8601 are two of the ways in which Zigbee2MQTT writes last_seen.
func epoch(at time.Duration) any { return 1e12 + at.Milliseconds() }

func iso8601(at time.Duration) any { return time.Unix(0, 0).Add(at).UTC().Format(time.RFC3339Nano) }

// altered is a message whose JSON object was changed, if change says that it
// was.
func altered(m message, change func(body map[string]any) bool) message {
	body := map[string]any{}
	if json.Unmarshal(m.Payload, &body) == nil && change(body) {
		m.Payload, _ = json.Marshal(body) // plain values
	}
	return m
}

// unless says all but some commands.
func unless(lost func(message) bool) func(*spoiled, message) {
	return func(s *spoiled, m message) {
		if !lost(m) {
			s.real(m)
		}
	}
}

// asks says only some of the questions to a GX device.
func asks(asked func(message) bool) spoiler {
	return func(app core.App) core.App {
		s := says(func(s *spoiled, m message) { s.real(m) })(app).(*spoiled)
		s.asks = asked
		return s
	}
}

// answersAnything takes every answer of a Shelly for one to the latest request.
func answersAnything(app core.App) core.App {
	var latest any
	s := hears(func(_ *spoiled, m message) (message, bool) {
		return altered(m, func(body map[string]any) bool {
			_, has := body["id"]
			body["id"] = latest
			return has
		}), true
	})(app).(*spoiled)
	s.publish = func(s *spoiled, m message) {
		altered(m, func(body map[string]any) bool {
			if id, ok := body["id"]; ok {
				latest = id
			}
			return false
		})
		s.real(m)
	}
	return s
}

// inReports changes the reports of a SCADA, and says how often each came before.
// A report that change returns false for is not heard.
func inReports(change func(s *spoiled, before int64, report map[string]any) bool) spoiler {
	return func(app core.App) core.App {
		came := map[string]int64{}
		return hears(func(s *spoiled, m message) (message, bool) {
			heard := true
			m = altered(m, func(body map[string]any) bool {
				id := body["Header"].(map[string]any)["MessageId"].(string)
				heard = change(s, came[id], body["Payload"].(map[string]any)["Report"].(map[string]any))
				came[id]++
				return true
			})
			return m, heard
		})(app)
	}
}

func onlyNew(_ *spoiled, before int64, _ map[string]any) bool { return before == 0 }

func anotherSlot(_ *spoiled, before int64, report map[string]any) bool {
	report["SlotStartUnixS"] = int64(report["SlotStartUnixS"].(float64)) + before
	return true
}

func today(s *spoiled, _ int64, report map[string]any) bool {
	slot := time.Unix(int64(report["SlotStartUnixS"].(float64)), 0).In(s.env.Wall().Location())
	for slot.Day() != s.env.Wall().Day() {
		slot = slot.AddDate(0, 0, 1)
	}
	report["SlotStartUnixS"] = slot.Unix()
	return true
}

// heatsByTheClock begins whenever a clock shows half past two, and ends when
// done says so of the time that has passed and of what a clock shows.
func heatsByTheClock(done func(passed, shown time.Duration) bool) spoiler {
	return instead(func() core.App {
		return core.AppFunc(func(env *core.Env) error {
			var began time.Duration // 0: it does not heat
			say := func(topic, payload string, retain bool) {
				env.Send(message{Topic: topic, Payload: []byte(payload), QoS: 1, Retain: retain})
			}
			_, err := env.Loop.Every(time.Minute, func() {
				wall := env.Wall()
				shown := time.Duration(wall.Hour())*time.Hour + time.Duration(wall.Minute())*time.Minute
				switch {
				case began == 0 && shown == 2*time.Hour+30*time.Minute:
					began = env.Now()
					say("boiler-night/boiler/last", wall.Format(time.DateOnly), true)
					say("cmnd/boiler/POWER", "ON", false)
				case began != 0 && done(env.Now()-began, shown):
					began = 0
					say("cmnd/boiler/POWER", "OFF", false)
				}
			})
			return err
		})
	})
}

// correctsEachMessage tells a plug what it has to be each time that it says
// something else.
func correctsEachMessage() core.App {
	return core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("stat/+/POWER", func(m mqtt.Message) {
			if plug := strings.Split(m.Topic, "/")[1]; plug == "freezer" && string(m.Payload) == "OFF" {
				env.Publish("cmnd/freezer/POWER", "ON")
			}
		})
	})
}
