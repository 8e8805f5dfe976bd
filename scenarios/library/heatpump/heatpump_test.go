package heatpump

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// What was stored while the link was lost arrives in the bytes that were stored,
// and in that order, five at a time.
func TestArrivesAsItWasStored(t *testing.T) {
	controller := New(Params{})
	w, err := sim.New(sim.Options{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.AddNamedApp("controller", controller))
	require.NoError(t, w.AddNamedApp("parent", NewParent(ParentParams{})))
	require.NoError(t, w.Cut(sim.Cut{Client: "controller", At: time.Hour, For: 20 * time.Minute}))
	var said []string
	inFlight, most := 0, 0
	w.Listen(func(s *match.Subject) {
		switch topic := s.Topic; {
		case strings.HasSuffix(topic, "/gridworks-ack"):
			inFlight--
		case strings.HasSuffix(topic, "/report-event"):
			said = append(said, string(s.Payload))
			if inFlight++; inFlight > most {
				most = inFlight
			}
		}
	})
	require.NoError(t, w.Advance(80*time.Minute-time.Second))
	var stored []string
	for _, id := range controller.disk.(*eventstore.Memory).Pending() {
		text, found, err := controller.disk.Retrieve(id)
		require.NoError(t, err)
		require.True(t, found)
		if strings.Contains(string(text), "report.event") {
			stored = append(stored, string(text))
		}
	}
	require.Len(t, stored, 500)
	said, inFlight, most = nil, 0, 0
	require.NoError(t, w.Advance(2*time.Minute))
	var again []string
	there := map[string]bool{}
	for _, text := range stored {
		there[text] = true
	}
	for _, text := range said {
		if there[text] {
			again = append(again, text)
		}
	}
	require.Equal(t, stored, again)
	require.LessOrEqual(t, most, 6, "five of the store, and one that was made meanwhile")
	require.Zero(t, controller.Pending())
}

// mistakes are controllers and parents that are wrong in one way.
var mistakes = map[string]struct {
	controller func(Params) core.App
	parent     func(ParentParams) core.App
}{
	"a controller without a store": {controller: func(p Params) core.App {
		c := New(p)
		c.disk = eventstore.Nothing{}
		return c
	}},
	"a store that is too small": {controller: func(p Params) core.App {
		c := New(p)
		c.disk = eventstore.NewMemory(50_000)
		return c
	}},
	"a controller that does nothing": {controller: func(Params) core.App {
		return core.AppFunc(func(*core.Env) error { return nil })
	}},
	"a controller with twice the reports": {controller: func(p Params) core.App {
		p.Every /= 2
		return New(p)
	}},
	"a parent that commands nothing": {parent: func(p ParentParams) core.App {
		p.SetPoints = nil
		return NewParent(p)
	}},
	"a parent that acknowledges what it does not keep": {parent: func(p ParentParams) core.App {
		p.Away = nil
		return NewParent(p)
	}},
	"a parent that never comes back": {parent: func(p ParentParams) core.App {
		p.Away = []Span{{From: p.Away[0].From, Until: core.Duration(24 * time.Hour)}}
		return NewParent(p)
	}},
}

func TestMistakesAreFound(t *testing.T) {
	s, err := scenarios.Load("heatpump.yaml")
	require.NoError(t, err)
	right := s.Run([]scenarios.Entry{scenarios.App("heat-pump-controller", New), scenarios.App("heat-pump-parent", NewParent)}, scenarios.RunOptions{})
	require.Equal(t, scenarios.Passed, right.Status)
	for name, wrong := range mistakes {
		t.Run(name, func(t *testing.T) {
			controller := func(p Params) core.App { return New(p) }
			parent := func(p ParentParams) core.App { return NewParent(p) }
			if wrong.controller != nil {
				controller = wrong.controller
			}
			if wrong.parent != nil {
				parent = wrong.parent
			}
			r := s.Run([]scenarios.Entry{scenarios.App("heat-pump-controller", controller), scenarios.App("heat-pump-parent", parent)}, scenarios.RunOptions{})
			require.Equal(t, scenarios.Failed, r.Status)
			t.Log(r.Failures[0])
		})
	}
}
