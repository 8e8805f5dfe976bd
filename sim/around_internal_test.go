package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

// say lets a world remember messages that nobody said.
func say(w *World, at time.Duration, source, topic, payload string) {
	w.watch.message(&broker.Event{At: at, Source: source, Message: mqtt.Message{Topic: topic, Payload: []byte(payload)}})
}

func newWorld(t *testing.T) *World {
	t.Helper()
	w, err := New(Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func TestAround(t *testing.T) {
	w := newWorld(t)
	for minute := range 4 {
		say(w, time.Duration(minute)*time.Minute, match.Tape, "zigbee2mqtt/attic", "21")
	}
	say(w, 4*time.Minute, match.Tape, "zigbee2mqtt/hall_motion", `{"occupancy":true}`)
	say(w, 4*time.Minute+1500*time.Microsecond, match.App, "zigbee2mqtt/hall_light/set", `{"state":"ON"}`)
	say(w, 4*time.Minute+200*time.Millisecond, match.Device, "zigbee2mqtt/hall_light", `{"state":"ON"}`)
	for range 3 {
		say(w, 8*time.Minute, match.AppsPrefix+"scada", "zigbee2mqtt/hall_light/set", "\x1b[2J")
	}
	say(w, 11*time.Minute, match.Tape, "zigbee2mqtt/hall_light", "later than the scene")

	got := w.Around(Scene{Filter: "zigbee2mqtt/hall_light/set", From: 5 * time.Minute, To: 10 * time.Minute})
	require.Equal(t, `
the last that was said on zigbee2mqtt/hall_light/set, and around it:
        2m  zigbee2mqtt/attic           21 (tape)
        3m  zigbee2mqtt/attic           21 (tape)
        4m  zigbee2mqtt/hall_motion     {"occupancy":true} (tape)
  4m0.002s  zigbee2mqtt/hall_light/set  {"state":"ON"} (app)
    4m0.2s  zigbee2mqtt/hall_light      {"state":"ON"} (device)
        8m  zigbee2mqtt/hall_light/set  "\x1b[2J" (apps.scada)
        8m  zigbee2mqtt/hall_light/set  "\x1b[2J" (apps.scada)
        8m  zigbee2mqtt/hall_light/set  "\x1b[2J" (apps.scada)
                             2m                                                       10m
  zigbee2mqtt/hall_light/set ..............*.............................3...............
  zigbee2mqtt/hall_light     ..............o.............................................
  zigbee2mqtt/hall_motion    ..............o.............................................
  zigbee2mqtt/attic          o......o....................................................
  looked for                                       [------------------------------------]
`, "\n"+strings.Join(got, "\n")+"\n")
}

// Nothing is made up where nothing is known, and one instant is no timeline.
func TestAroundNothing(t *testing.T) {
	w := newWorld(t)
	require.Empty(t, w.Around(Scene{Filter: "a", To: time.Hour}))
	say(w, time.Minute, match.Tape, "b", "x")
	require.Empty(t, w.Around(Scene{Filter: "a", To: time.Second}), "it came later")
	require.Equal(t, []string{"the last that was said on a, and around it:", "  1m  b  x (tape)"},
		w.Around(Scene{Filter: "a", From: time.Minute, To: time.Minute}))
}

// A run that says more than is remembered keeps the last of it, in order.
func TestRecentIsBounded(t *testing.T) {
	w := newWorld(t)
	for i := range recentSize + 100 {
		say(w, time.Duration(i), match.Tape, "a", fmt.Sprint(i))
	}
	last := w.Recent(recentSize + 5)
	require.Len(t, last, recentSize)
	require.EqualValues(t, 100, last[0].At)
	require.EqualValues(t, recentSize+99, last[recentSize-1].At)
	require.EqualValues(t, recentSize+98, w.Recent(2)[0].At)
}

// A failure that is about no message shows the last of all.
func TestAroundNoFilter(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		say(w, time.Duration(i)*time.Second, match.Tape, "a", fmt.Sprint(i))
	}
	got := w.Around(Scene{From: 9 * time.Second, To: 9 * time.Second})
	require.Len(t, got, 9)
	require.Equal(t, "the last that was said:", got[0])
	require.Equal(t, "  4s  a  4 (tape)", got[1])
	require.Equal(t, "  a          o..........o...........o...........o...........o...........o", got[8])
}

// Years are drawn as seconds are.
func TestAroundYears(t *testing.T) {
	w := newWorld(t)
	const year = 365 * 24 * time.Hour
	for i := range 30 {
		say(w, time.Duration(i)*10*year, match.Tape, "a", "x")
	}
	got := w.Around(Scene{Filter: "a", From: 150 * year, To: 290 * year})
	require.Equal(t, []string{
		"  a          o...o...o...o...o....o...o...o...o...o....o...o...o...o....o",
		"  looked for [----------------------------------------------------------]",
	}, got[len(got)-2:])
}

// A tape may have topics that a terminal would obey.
func TestAroundShowsTopics(t *testing.T) {
	w := newWorld(t)
	say(w, 0, match.Tape, "a\x1b[2J", "x")
	say(w, time.Second, match.Tape, "b", strings.Repeat("é", shownPayload))
	got := w.Around(Scene{Filter: "a\x1b[2J", To: time.Second})
	require.Equal(t, `  0s  "a\x1b[2J"  x (tape)`, got[1])
	require.Equal(t, "  1s  b           "+strings.Repeat("é", shownPayload/2)+"… (tape)", got[2])
	require.NotContains(t, strings.Join(got[1:], ""), "\x1b")
	seen := w.Recent(1)[0]
	seen.Message.Payload = []byte("x" + strings.Repeat("é", shownPayload))
	require.Equal(t, "1s b x"+strings.Repeat("é", shownPayload/2-1)+"… (tape)", seen.String())
}

func TestDeviceOf(t *testing.T) {
	for topic, want := range map[string]string{
		"zigbee2mqtt/hall_light/set":              "zigbee2mqtt/hall_light",
		"zigbee2mqtt/hall_light":                  "zigbee2mqtt/hall_light",
		"zigbee2mqtt/hall_light/availability":     "zigbee2mqtt/hall_light",
		"zigbee2mqtt/+/set":                       "",
		"zigbee2mqtt/#":                           "",
		"cmnd/plug/POWER":                         "plug",
		"cmnd/+/POWER":                            "",
		"N/#":                                     "",
		"stat/plug/RESULT":                        "plug",
		"W/c0619ab2/vebus/276/Mode":               "c0619ab2",
		"shellies/shelly1-A4CF12/relay/0/command": "shellies/shelly1-A4CF12/relay/0",
		"lamp/set":                                "",
		"lamp":                                    "",
	} {
		require.Equal(t, want, deviceOf(topic), topic)
	}
	require.True(t, concerns("cmnd/plug/POWER", "stat/plug/RESULT"))
	require.False(t, concerns("cmnd/plug/POWER", "stat/other/RESULT"))
	require.False(t, concerns("lamp/set", "other"))
	require.False(t, concerns("cmnd/+/POWER", "zigbee2mqtt/hall_light"))
	require.True(t, concerns("zigbee2mqtt/hall_light/set", "zigbee2mqtt/hall_light/availability"))
}

// A topic that is nearly the one that was asked for is named.
func TestNearTopic(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Publish(mqtt.Message{Topic: "zigbee2mqtt/hall_light/set"}))
	err := w.RouteUntil(Message(match.Pattern{Topic: "zigbee2mqtt/hall_ligth/set"}), time.Second)
	require.ErrorContains(t, err, "but on zigbee2mqtt/hall_light/set; is that what is meant?")
	var f *Failure
	require.ErrorAs(t, err, &f)
	require.Equal(t, "zigbee2mqtt/hall_ligth/set", f.Topic)
	require.NotEmpty(t, f.Around)
}

// What nobody remembers is not drawn as a silence.
func TestAroundOfALongRun(t *testing.T) {
	w := newWorld(t)
	for i := range 2 * recentSize {
		say(w, time.Duration(i)*time.Second, match.Tape, "door", "x")
	}
	lines := w.Around(Scene{Filter: "door", To: (2*recentSize - 1) * time.Second})
	drawn := lines[len(lines)-3:]
	require.Equal(t, []string{"2h16m32s", "4h33m3s"}, strings.Fields(drawn[0]))
	require.NotContains(t, drawn[1], ".")
	require.Equal(t, "  looked for "+strings.Repeat("-", aroundColumns-1)+"]", drawn[2])
}

// Topics of a tape may have anything in them; what is cut is cut between letters.
func TestAroundIsPlainText(t *testing.T) {
	w := newWorld(t)
	say(w, 0, match.Tape, "a/\x1b[31mred", "a"+strings.Repeat("é", 200))
	say(w, time.Second, match.Tape, "a/\nb", strings.Repeat("\x80", 200))
	lines := w.Around(Scene{Filter: "a/#", To: time.Second})
	require.Equal(t, `  0s  "a/\x1b[31mred"  a`+strings.Repeat("é", 59)+"… (tape)", lines[1])
	require.Contains(t, lines[2], `"a/\nb"          "\x80`)
	require.Contains(t, lines[4], `  "a/\nb"         .`)
}
