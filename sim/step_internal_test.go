package sim

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

// What looking ahead finds out is told, and nothing else of it.
func TestLookAheadLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.AddDevice(Device{Name: "lamp", CommandTopic: "lamp/set", StateTopic: "lamp", State: map[string]any{}}))
	require.NoError(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		env.Loop.After(5*time.Second, func() { env.Publish("lamp/set", "no JSON") })
		env.Loop.After(7*time.Second, func() { env.Publish("door", "open") })
		return nil
	})))
	p := match.Pattern{Topic: "door", Payload: new(string)}
	*p.Payload = "open"
	require.Error(t, w.RouteUntil(Message(p), time.Second))
	digest, stats := w.Digest(), w.Stats()
	late, found, err := w.LookAhead(p, time.Hour)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, 7*time.Second, late.At)
	require.Equal(t, digest, w.Digest())
	require.Equal(t, stats, w.Stats())
	require.Empty(t, w.Warnings())
}

// A step that would last beyond all time lasts to its end.
func TestStepsEndWithTime(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	const long = 2*century + century/2
	for name, step := range map[string]func(w *World) error{
		"never":       func(w *World) error { return w.Never(match.Pattern{Topic: "late"}, long) },
		"route_until": func(w *World) error { return w.RouteUntil(Message(match.Pattern{Topic: "late"}), long) },
		"advance":     func(w *World) error { return w.Advance(long) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
				env.Loop.After(2*century, func() { env.Publish("late", "x") })
				return nil
			})))
			require.NoError(t, w.Advance(century))
			err := step(w)
			require.Equal(t, name == "never", err != nil, err)
			require.GreaterOrEqual(t, w.Now(), 2*century)
		})
	}
}
