package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

// Of many misses those are told that are most like what was asked for, in order.
func TestNearMissesTellTheNearest(t *testing.T) {
	near := sim.NewNearMisses(&match.Pattern{Topic: "light/+", JSON: map[string]any{"state": "ON", "brightness": 100}, HasJSON: true})
	look := func(second int, topic, payload string) bool {
		var s match.Subject
		s.Set(mqtt.Message{Topic: topic, Payload: []byte(payload)}, "app", match.App, time.Duration(second)*time.Second)
		return near.Look(&s)
	}
	require.False(t, near.Any())
	require.Equal(t, []string{"nothing at all was said on light/+ in that time"}, near.Details(nil))
	require.False(t, look(0, "other/a", `{}`))
	require.False(t, near.Any(), "another topic is no miss")
	require.True(t, look(0, "light/a", `{"state":"ON","brightness":100}`))
	require.False(t, near.Any())

	require.False(t, look(1, "light/forgotten", `{"state":"ON","brightness":99}`)) // the nearest, and too long ago
	for i := range 70 {
		require.False(t, look(2+i, "light/a", fmt.Sprintf(`{"n":%d}`, i)))
		if i == 40 {
			require.False(t, look(2+i, "light/b", `{"state":"ON"}`))
		}
	}
	require.Equal(t, `on light/+ came 72 messages instead, these the nearest:
  42s light/b {"state":"ON"} (app): payload.brightness was missing, want 100
  1m9s light/a {"n":67} (app): payload.brightness was missing, want 100; payload.state was missing, want "ON"
  1m10s light/a {"n":68} (app): payload.brightness was missing, want 100; payload.state was missing, want "ON"
  1m11s light/a {"n":69} (app): payload.brightness was missing, want 100; payload.state was missing, want "ON"`,
		strings.Join(near.Details(nil), "\n"))
}

// A count that is too small tells of what did come, and not that nothing did.
func TestCountTellsWhatCame(t *testing.T) {
	w := newWorld(t, sim.Options{})
	for range 2 {
		must(t, w.Publish(mqtt.Message{Topic: "bell"}))
	}
	f := wantFailure(t, w.Count(match.Pattern{Topic: "bell", Source: match.Scenario}, 3, -1, time.Second), "count", "2 messages like bell")
	require.Len(t, f.Details, 2)
	f = wantFailure(t, w.Count(match.Pattern{Topic: "bell", Source: match.Scenario}, 1, -1, time.Second), "count", "0 messages like bell")
	require.Contains(t, f.Details[0], "nothing at all was said on bell")
}

// A topic that is named may have anything in it.
func TestNearMissesInPlainText(t *testing.T) {
	near := sim.NewNearMisses(&match.Pattern{Topic: "hall_light/\x1b/set"})
	recent := []sim.Seen{{Message: mqtt.Message{Topic: "hall_ligth/\x1b/set"}}}
	require.Equal(t, []string{
		`nothing at all was said on "hall_light/\x1b/set" in that time`,
		`but on "hall_ligth/\x1b/set"; is that what is meant?`,
	}, near.Details(recent))
}
