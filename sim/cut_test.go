package sim_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// diary is an app that notes when its connection changed and what it heard.
type diary struct {
	filter string
	qos    byte
	then   func(env *core.Env) // at the end of Start; nil: nothing
	lines  []string
}

func (d *diary) Start(env *core.Env) error {
	note := func(format string, args ...any) {
		d.lines = append(d.lines, fmt.Sprintf("%v %s", env.Now(), fmt.Sprintf(format, args...)))
	}
	env.Link.OnConnection(func(up bool) { note("up %v", up) })
	_, err := env.Link.Subscribe(d.filter, d.qos, func(m mqtt.Message) { note("heard %s %s", m.Topic, m.Payload) })
	if d.then != nil {
		d.then(env)
	}
	return err
}

func eventsOf(h *report.History) []report.Event {
	events, _, _ := h.Events()
	return events
}

var connectionWords = map[report.EventKind]string{
	report.Connect: "connect", report.Disconnect: "disconnect", report.Subscribe: "subscribe", report.Will: "will", report.Message: "said",
}

// connections are the lines of a history about what apps do at the broker.
func connections(h *report.History) (lines []string) {
	for _, e := range eventsOf(h) {
		if word, ok := connectionWords[e.Kind]; ok && strings.HasPrefix(e.Source, match.App) {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%v %s %s %s%s", e.At, e.Client, word, e.Topic, e.Text)))
		}
	}
	return lines
}

// ticks is a tape that says n on the topic every second, from 1 on.
func ticks(topic string, n int) sim.Feed {
	list := &sliceRecords{i: -1}
	for i := 1; i <= n; i++ {
		list.rs = append(list.rs, said(time.Duration(i)*time.Second, topic, fmt.Sprint(i)))
	}
	return sim.Feed{Records: list, Length: time.Duration(n) * time.Second}
}

func cutWorld(t *testing.T, cuts ...sim.Cut) (*sim.World, *report.History) {
	t.Helper()
	h := &report.History{}
	w := newWorld(t, sim.Options{History: h})
	for _, c := range cuts {
		require.NoError(t, w.Cut(c))
	}
	return w, h
}

func finish(t *testing.T, w *sim.World) (digest string) {
	t.Helper()
	digest, err := w.Finish()
	require.NoError(t, err)
	return digest
}

// A cut begins before the message of its first instant, and is over before that
// of its last: the app hears the second, and not the first.
func TestCutOfAnApp(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "hall", At: 2 * time.Second, For: 2 * time.Second})
	require.NoError(t, w.Feed(ticks("tick", 5)))
	d := &diary{filter: "tick"}
	require.NoError(t, w.AddApp("hall", d))
	require.NoError(t, w.Replay(sim.ToTheEnd))
	require.Equal(t, []string{"1s heard tick 1", "2s up false", "4s up true", "4s heard tick 4", "5s heard tick 5"}, d.lines)
	require.Equal(t, []string{
		"0s hall connect", "0s hall subscribe tick",
		"2s hall disconnect the connection is cut",
		"4s hall connect", "4s hall subscribe tick",
	}, connections(h))
	require.Empty(t, w.Warnings())
}

// An app whose first connection is cut fails, as it does in production; one that
// connects by itself is told, and may try again.
func TestCutBeforeTheFirstConnection(t *testing.T) {
	cut := sim.Cut{Client: "hall", For: 30 * time.Second}
	w, _ := cutWorld(t, cut)
	require.NoError(t, w.AddApp("hall", light{}))
	for range 2 {
		f := wantFailure(t, w.Advance(time.Minute), "app", `app "hall" failed: connect "hall": the connection is cut until 30s`)
		require.ErrorIs(t, f, sim.ErrCut)
	}

	w, _ = cutWorld(t, sim.Cut{Client: "hall", For: 40 * time.Second}, cut)
	require.NoError(t, w.AddApp("hall", light{}))
	wantFailure(t, w.Advance(0), "app", "the connection is cut until 40s")

	w, _ = cutWorld(t, sim.Cut{Client: "device lamp", For: time.Second})
	require.NoError(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "set", StateTopic: "lamp"}))
	wantFailure(t, w.Advance(time.Minute), "device", `device "lamp" cannot start: connect "device lamp": the connection is cut until 1s`)

	w, h := cutWorld(t, cut)
	var first, early, late error
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		_, first = dialLink(env, link.DialOptions{ClientID: "mine"})
		env.Loop.After(29*time.Second, func() { _, early = dialLink(env, link.DialOptions{ClientID: "mine"}) })
		env.Loop.After(30*time.Second, func() { _, late = dialLink(env, link.DialOptions{ClientID: "mine"}) })
		return nil
	}}))
	require.NoError(t, w.Advance(time.Minute))
	require.ErrorIs(t, first, sim.ErrCut)
	require.ErrorIs(t, early, sim.ErrCut)
	require.NoError(t, late)
	require.Equal(t, []string{"30s mine connect"}, connections(h))
}

// At instant 0 there is no connection to be lost.
func TestCutOfNoLengthAtTheStart(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "hall"})
	require.NoError(t, w.AddApp("hall", light{}))
	require.NoError(t, w.Advance(time.Minute))
	require.Equal(t, []string{"0s hall connect", "0s hall subscribe motion"}, connections(h))
}

// A client is cut while any of its cuts lasts, in whatever order they were added.
func TestCutsAddUp(t *testing.T) {
	s := func(n time.Duration) time.Duration { return n * time.Second }
	for name, c := range map[string]struct {
		cuts []sim.Cut
		want []string
	}{
		"overlapping": {[]sim.Cut{{"hall", s(10), s(20)}, {"app", s(20), s(30)}}, []string{"10s up false", "50s up true"}},
		"one inside":  {[]sim.Cut{{"hall", s(10), s(40)}, {"hall", s(20), s(10)}}, []string{"10s up false", "50s up true"}},
		"end to end":  {[]sim.Cut{{"hall", s(10), s(10)}, {"hall", s(20), s(10)}}, []string{"10s up false", "30s up true"}},
		"the same":    {[]sim.Cut{{"hall", s(10), s(10)}, {"hall", s(10), s(10)}}, []string{"10s up false", "20s up true"}},
		"no length":   {[]sim.Cut{{"hall", s(10), 0}, {"hall", s(10), 0}}, []string{"10s up false", "10s up true"}},
		"at the end":  {[]sim.Cut{{"hall", s(10), s(10)}, {"hall", s(20), 0}}, []string{"10s up false", "20s up true"}},
		"apart":       {[]sim.Cut{{"hall", s(10), s(1)}, {"hall", s(20), s(1)}}, []string{"10s up false", "11s up true", "20s up false", "21s up true"}},
		"somebody":    {[]sim.Cut{{"attic", s(10), s(1)}}, nil},
		"another's":   {[]sim.Cut{{"attic", s(5), s(10)}, {"hall", s(10), s(10)}}, []string{"10s up false", "20s up true"}},
		"for ever":    {[]sim.Cut{{"hall", s(10), math.MaxInt64}, {"hall", s(11), s(1)}}, []string{"10s up false"}},
		"much later":  {[]sim.Cut{{"hall", s(3600), s(1)}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			digests := map[string]bool{}
			for range 2 {
				w, _ := cutWorld(t, c.cuts...)
				d := &diary{filter: "x"}
				require.NoError(t, w.AddApp("hall", d))
				require.NoError(t, w.Advance(time.Minute))
				require.Equal(t, c.want, d.lines)
				digests[finish(t, w)] = true
				slices.Reverse(c.cuts)
			}
			require.Len(t, digests, 1)
		})
	}
}

// Whatever the cuts, an app is connected at an instant when no cut lasts then.
func TestCutsAddUpForAnyCuts(t *testing.T) {
	seconds := func(t *rapid.T, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, 12).Draw(t, name)) * time.Second
	}
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sim.Cut {
			return sim.Cut{Client: "hall", At: time.Second + seconds(t, "at"), For: seconds(t, "for")}
		}), 0, 5).Draw(t, "cuts")
		w, err := sim.New(sim.Options{})
		require.NoError(t, err)
		defer w.Close()
		for _, c := range cuts {
			require.NoError(t, w.Cut(c))
		}
		var hall *core.Env
		require.NoError(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error { hall = env; return nil })))
		for n := range 26 {
			at := time.Duration(n) * time.Second
			for _, at := range []time.Duration{at, at + time.Second - 1} {
				require.NoError(t, w.Advance(at-w.Now()))
				cut := slices.ContainsFunc(cuts, func(c sim.Cut) bool { return c.At <= at && at < c.At+c.For })
				require.Equal(t, !cut, hall.Link.Up(), "at %v", at)
			}
		}
	})
}

// Whom a cut is about: a client id is one connection, an app's name all that it
// has made, app those of all apps.
func TestWhomACutIsAbout(t *testing.T) {
	two := func(one, other string) core.App {
		return connector{func(env *core.Env) error {
			for _, id := range []string{one, other} {
				if _, err := dialLink(env, link.DialOptions{ClientID: id}); err != nil {
					return err
				}
			}
			return nil
		}}
	}
	for client, want := range map[string][]string{
		"north":       {"n1", "n2"},
		"n2":          {"n2"},
		"south":       {"s1", "s2"},
		"app":         {"n1", "n2", "s1", "s2", "solo"},
		"solo":        {"solo"},
		"device lamp": {"device lamp"},
		"lamp":        nil,
		"device":      nil,
		"s":           nil,
	} {
		t.Run(client, func(t *testing.T) {
			w, h := cutWorld(t, sim.Cut{Client: client, At: time.Second, For: time.Second})
			require.NoError(t, w.AddNamedApp("north", two("n1", "n2")))
			require.NoError(t, w.AddNamedApp("south", two("s1", "s2")))
			require.NoError(t, w.AddApp("solo", light{}))
			require.NoError(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "set", StateTopic: "lamp"}))
			require.Equal(t, []string{"north", "south", "solo", "app", "device lamp"}, w.Clients())
			require.NoError(t, w.Advance(time.Minute))
			var lost, again []string
			for _, e := range eventsOf(h) {
				switch {
				case e.Kind == report.Disconnect:
					lost = append(lost, e.Client)
				case e.Kind == report.Connect && e.At == 2*time.Second:
					again = append(again, e.Client)
				}
			}
			require.ElementsMatch(t, want, lost)
			require.Equal(t, lost, again, "in the order in which they had connected")
			require.Equal(t, []string{"north", "south", "solo", "app", "device lamp", "n1", "n2", "s1", "s2"}, w.Clients())
		})
	}
}

// A device that is cut does not hear commands.
func TestCutOfADevice(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "device lamp", At: time.Second, For: time.Second})
	require.NoError(t, w.AddDevice(sim.Device{Name: "lamp", CommandTopic: "set", StateTopic: "lamp"}))
	for range 3 {
		require.NoError(t, w.Publish(mqtt.Message{Topic: "set", Payload: []byte(`{"state":"ON"}`)}))
		require.NoError(t, w.Advance(time.Second))
	}
	var states []time.Duration
	for _, e := range eventsOf(h) {
		if e.Kind == report.Message && e.Topic == "lamp" {
			states = append(states, e.At)
		}
	}
	require.Equal(t, []time.Duration{0, 2 * time.Second}, states)
}

// The same cuts give the same run, and another than without them.
func TestCutsAreRepeatable(t *testing.T) {
	play := func(cuts ...sim.Cut) string {
		w, _ := cutWorld(t, cuts...)
		require.NoError(t, w.Feed(ticks("motion", 100)))
		require.NoError(t, w.AddApp("hall", light{5 * time.Second}))
		require.NoError(t, w.AddNamedApp("attic", &diary{filter: "#", qos: 1}))
		require.NoError(t, w.Advance(2*time.Minute))
		return finish(t, w)
	}
	cuts := []sim.Cut{{"hall", 10 * time.Second, 5 * time.Second}, {"app", 40 * time.Second, 0}, {"attic", 12 * time.Second, 50 * time.Second}}
	require.Equal(t, play(cuts...), play(cuts...))
	require.NotEqual(t, play(), play(cuts...))
	require.NotEqual(t, play(cuts[:2]...), play(cuts...))
	require.Equal(t, play(), play(sim.Cut{Client: "hall", At: time.Hour, For: time.Hour}), "what lies beyond the end is nothing")
}

func TestCutsThatCannotBe(t *testing.T) {
	w := newWorld(t, sim.Options{})
	for want, c := range map[string]sim.Cut{
		"say whose":                     {At: time.Second},
		`"scenario": it is the world's`: {Client: "scenario"},
		`"tape": it is the world's`:     {Client: "tape"},
		`"tape 2": it is the world's`:   {Client: "tape 2"},
		"at -1s for 0s: neither can be": {Client: "hall", At: -time.Second},
		"at 0s for -1s: neither can be": {Client: "hall", For: -time.Second},
	} {
		require.ErrorContains(t, w.Cut(c), want)
	}
	require.Empty(t, w.Clients())
	require.NoError(t, w.Advance(0))
	require.ErrorIs(t, w.Cut(sim.Cut{Client: "hall"}), sim.ErrStarted)
}
