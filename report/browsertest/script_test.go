package browsertest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/stretchr/testify/require"
)

// quoted is a text as the script writes it.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// The page's filters match as package mqtt's do.
func TestFiltersMatch(t *testing.T) {
	p := open(t, "")
	list := []string{"#", "+", "a", "a/b", "a/+", "+/b", "a/#", "/", "/+", "+/", "a//b", "a/+/b", "$SYS/x", "$SYS/#", "+/x", "#", "a/b/c", ""}
	for _, filter := range list {
		for _, topic := range list {
			if mqtt.ValidateFilter(filter) != nil || mqtt.ValidateTopic(topic) != nil {
				continue
			}
			got := eval[bool](p, fmt.Sprintf("topics.matches(%s, %s)", quoted(filter), quoted(topic)))
			require.Equal(t, mqtt.Match(filter, topic), got, "%s %s", filter, topic)
		}
	}
}

func TestDevicesOfTopics(t *testing.T) {
	p := open(t, "")
	for topic, want := range map[string][]string{
		"zigbee2mqtt/hall lamp":          {"hall lamp", ""},
		"zigbee2mqtt/hall/lamp/set":      {"hall/lamp", "set"},
		"zigbee2mqtt/hall/set/state":     {"hall", "set/state"},
		"zigbee2mqtt/hall/availability":  {"hall", "availability"},
		"zigbee2mqtt/bridge/state":       {"zigbee2mqtt/bridge", "state"},
		"attic/lamp/get":                 {"lamp", "get"},
		"tele/plug/SENSOR":               {"plug", "tele/SENSOR"},
		"cmnd/plug/POWER":                {"plug", "cmnd/POWER"},
		"N/abc/battery/256/Dc/0/Voltage": {"battery/256", "N/Dc/0/Voltage"},
		"shellies/shelly1-AB/relay/0":    {"shelly1-AB", "relay/0"},
		"homeassistant/sensor/x/config":  {"homeassistant", "sensor/x/config"},
		"site/pump/speed":                {"site/pump", "speed"},
		"alone":                          {"alone", ""},
		"two/levels":                     {"two", "levels"},
		"$SYS/broker/uptime":             {"$SYS", "broker/uptime"},
	} {
		got := eval[[]string](p, fmt.Sprintf(`(() => { const d = topics.device(%s, topics.zigbeeBases(["attic/bridge/state"])); return [d.device, d.rest]; })()`, quoted(topic)))
		require.Equal(t, want, got, topic)
	}
}

// What is drawn of a topic at first is what tells most.
func TestFieldsChosen(t *testing.T) {
	p := open(t, "")
	for want, payloads := range map[string][]string{
		"state":        {`{"linkquality":1,"state":"ON","power":1}`, `{"linkquality":2,"state":"OFF","power":2}`, `{"linkquality":3,"state":"ON","power":3}`},
		"temperature":  {`{"temperature":20,"linkquality":1,"last_seen":"2026-01-10T17:00:00Z"}`, `{"temperature":21,"linkquality":2,"last_seen":"2026-01-10T17:00:09Z"}`},
		"distance":     {`{"distance":5,"linkquality":1}`, `{"distance":5,"linkquality":2}`, `{"distance":6,"linkquality":3}`},
		"payload":      {"ON", "OFF"},
		"value":        {`{"value":1}`, `{"value":2}`},
		"ENERGY.Power": {`{"Time":"a","ENERGY":{"Power":4}}`, `{"Time":"b","ENERGY":{"Power":7}}`},
		"":             {"\x00", "\x01\x00"},
	} {
		list := eval[[]string](p, fmt.Sprintf(`(() => {
			const all = %s.map((s) => Uint8Array.from(s, (c) => c.charCodeAt(0) || 255));
			return fields.chosen(fields.survey(all.length, (i) => all[i])).map((path) => path || "payload");
		})()`, mustJSON(payloads)))
		if want == "" {
			require.Empty(t, list)
			continue
		}
		require.Equal(t, []string{want}, list)
	}
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestTimesAreWritten(t *testing.T) {
	p := open(t, "")
	const start = `{unix_ms: Date.UTC(2026, 0, 10, 16), offset: 3600, zone: "CET"}`
	const spring = `{unix_ms: Date.UTC(2026, 2, 28, 23), offset: 3600, zone: "CET", changes: [{at: 2 * 3600e9, offset: 7200, zone: "CEST"}]}`
	for script, want := range map[string]string{
		`text.date(` + spring + `, 2 * 3600e9 - 1e6)`: "Sun 29 Mar 2026 01:59:59.999 CET",
		`text.date(` + spring + `, 2 * 3600e9)`:       "Sun 29 Mar 2026 03:00:00.000 CEST",
		`scale.ticks({from: 3600e9, to: 24 * 3600e9, perPixel: 6 * 3600e9 / 90}, ` + spring + `).at.map((t) => t / 3600e9).join()`: "5,11,17,23",
		`text.duration(0)`:                                                 "0 ns",
		`text.duration(180e6)`:                                             "180 ms",
		`text.duration(12.5e9)`:                                            "12.5 s",
		`text.duration(59.9999e9)`:                                         "60 s",
		`text.duration(3599.9e9)`:                                          "60 min",
		`text.duration(-90e9)`:                                             "−1 min 30 s",
		`text.duration(86400e9 * 3)`:                                       "3 d",
		`text.offset(3723.5e9)`:                                            "1:02:03.5",
		`text.offset(-1)`:                                                  "−0:00:00.000000001",
		`text.offset(86400e9 * 3, 3)`:                                      "3d 00:00:00.000",
		`text.date(` + start + `, 1500e6)`:                                 "Sat 10 Jan 2026 17:00:01.500 CET",
		`text.clock(` + start + `, -1, 3)`:                                 "16:59:59.999",
		`scale.label(7 * 3600e9, 3600e9, ` + start + `)`:                   "Sun 11 Jan",
		`scale.label(6 * 3600e9, 3600e9, ` + start + `)`:                   "23:00",
		`scale.label(90e9, 10e9, null)`:                                    "0:01:30",
		`scale.label(1.25e6, 2e5, null)`:                                   "0:00:00.001250",
		`text.count(1234567)`:                                              "1,234,567",
		`main.link({run: 3, failure: 0, from: 12.5e9, to: 1, message: 4})`: "#run=3&failure=0&from=12.5&to=1e-9&message=4",
	} {
		require.Equal(t, want, eval[string](p, script), script)
	}
}

// Ticks stand at round times of the clock, also after it was changed.
func TestTicksFollowTheClock(t *testing.T) {
	p := open(t, "")
	// From noon before the night in which 03:00 is 02:00 again.
	const start = `{unix_ms: Date.UTC(2026, 9, 24, 10), offset: 7200, zone: "CEST", changes: [{at: 15 * 3600e9, offset: 3600, zone: "CET"}]}`
	ticks := func(hours, width int) []string {
		return eval[[]string](p, fmt.Sprintf(`(() => { const start = %s, t = scale.ticks(new scale.Scale(0, %d * 3600e9, %d), start); return t.at.map((at) => scale.label(at, t.step, start)); })()`, start, hours, width))
	}
	require.Equal(t, []string{"12:00", "18:00", "Sun 25 Oct", "06:00", "12:00", "18:00", "Mon 26 Oct"}, ticks(39, 800))
	require.Equal(t, []string{"Sun 25 Oct", "Mon 26 Oct", "Tue 27 Oct"}, ticks(70, 300))
	require.Equal(t, []string{"12:00", "13:00", "14:00", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00", "21:00", "22:00", "23:00", "Sun 25 Oct", "01:00", "02:00", "02:00", "03:00", "04:00"}, ticks(17, 1800))
}

// Nobody is shown a text that reads otherwise than it is.
func TestHiddenCharactersAreSeen(t *testing.T) {
	p := open(t, "")
	for hidden, want := range map[string]string{
		"a\u202eb": `a\u202eb`, "\u3164": `\u3164`, "\u180e": `\u180e`, "x\U000E0041": `x\u{e0041}`, "é💡مرحبا": "é💡مرحبا", "a\nb": `a\nb`,
	} {
		require.Equal(t, want, eval[string](p, fmt.Sprintf("text.line(%s)", quoted(hidden))))
	}
}
