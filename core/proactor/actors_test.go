package proactor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/drivers"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
	"github.com/hubtape/hubtape/sim"
)

// house is a layout of two actors and a node without one.
func house(t *testing.T, class string) *layout.Layout {
	t.Helper()
	l, err := layout.Parse("house.json", []byte(`{
  "ShNodes": [
    {"Name": "s", "ActorClass": "NoActor"},
    {"Name": "tank", "ActorClass": "`+class+`"},
    {"Name": "pump", "ActorClass": "Pump"}
  ]
}`))
	require.NoError(t, err)
	return l
}

// stage is an actor that tells when it starts and ends.
type stage struct {
	echo
	told *[]string
	fail error
}

func (s *stage) Start() error {
	*s.told = append(*s.told, "start "+s.name)
	return s.fail
}

func (s *stage) End() error {
	*s.told = append(*s.told, "end "+s.name)
	return errors.New("it does not want to")
}

func TestActors(t *testing.T) {
	factories := func(told *[]string, fail error) map[string]proactor.Factory {
		make := func(n layout.Node, _ *proactor.Proactor) (proactor.Communicator, error) {
			return &stage{echo: echo{name: n.Name}, told: told, fail: fail}, nil
		}
		return map[string]proactor.Factory{"Tank": make, "Pump": make}
	}
	t.Run("GW-158 actors are made by the layout, and start and end in its order", func(t *testing.T) {
		var told []string
		m := newMember(t, "hw1", func(o *proactor.Options) { o.Layout, o.Actors = house(t, "Tank"), factories(&told, nil) })
		w := world(t, 1, m)
		advance(t, w, time.Second)
		_, ok := m.Communicator("s")
		require.False(t, ok, "a node without an actor")
		m.Shutdown("enough")
		advance(t, w, time.Second)
		require.Equal(t, []string{"start tank", "start pump", "end tank", "end pump"}, told)
	})
	t.Run("GW-171 without a layout there is one node, without an actor", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		nodes := m.Layout().Nodes()
		require.Len(t, nodes, 1)
		require.Equal(t, "hw1", nodes[0].Name)
		require.False(t, nodes[0].HasActor())
		advance(t, world(t, 1, m), time.Second)
	})
	t.Run("what cannot be made is told by node", func(t *testing.T) {
		var told []string
		m := newMember(t, "hw1", func(o *proactor.Options) { o.Layout, o.Actors = house(t, "Tnak"), factories(&told, nil) })
		err := world(t, 1, m).Advance(time.Second)
		require.ErrorContains(t, err, `node "tank" (line 4 of the layout)`)
		require.ErrorContains(t, err, `no factory of actor class "Tnak"`)
		require.ErrorContains(t, err, `did you mean "Tank"?`)
		require.Empty(t, told, "nothing starts then")
	})
	t.Run("an actor that cannot start ends the others, and the app", func(t *testing.T) {
		var told []string
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Layout, o.Actors = house(t, "Tank"), factories(&told, errors.New("no water"))
		})
		err := world(t, 1, m).Advance(time.Second)
		require.ErrorContains(t, err, `start "tank": no water`)
		require.Equal(t, []string{"start tank", "end tank", "end pump"}, told)
		require.Contains(t, stored(t, m), "no water", "the shutdown event says why")
	})
	t.Run("a name is taken once", func(t *testing.T) {
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				require.NoError(t, p.Add(&echo{name: "hall"}))
				require.ErrorIs(t, p.Add(&echo{name: "hall"}), proactor.ErrOptions)
				require.ErrorIs(t, p.Add(&echo{}), proactor.ErrOptions)
				return nil
			}
		})
		advance(t, world(t, 1, m), time.Second)
		require.ErrorIs(t, m.Add(&echo{name: "attic"}), proactor.ErrStarted)
	})
}

// withDriver is a proactor with one driver.
func withDriver(t *testing.T, o drivers.Options[codec.Message], adjust func(*proactor.Options)) *member {
	t.Helper()
	return newMember(t, "hw1", func(opts *proactor.Options) {
		opts.Setup = func(p *proactor.Proactor) error {
			d, err := proactor.NewDriver(p, "meter", o)
			if err != nil {
				return err
			}
			return p.Add(d)
		}
		if adjust != nil {
			adjust(opts)
		}
	})
}

func TestDriver(t *testing.T) {
	t.Run("GW-142 a driver sends, takes messages, and is monitored", func(t *testing.T) {
		var sent, got []string
		m := withDriver(t, drivers.Options[codec.Message]{
			Sleep: 5 * time.Second,
			Iterate: func(line *drivers.Line[codec.Message]) error {
				line.Send(codec.Message{Header: codec.Header{Src: "meter"}, Payload: "reading"})
				return nil
			},
			Handle: func(_ *drivers.Line[codec.Message], m codec.Message) error {
				got = append(got, fmt.Sprint(m.Payload))
				return nil
			},
		}, func(o *proactor.Options) {
			o.Rest = func(m proactor.Message) error {
				if m.Src == "meter" {
					sent = append(sent, fmt.Sprint(m.Payload))
				}
				return nil
			}
		})
		w := world(t, 1, m)
		advance(t, w, time.Second)
		require.ErrorIs(t, m.Monitor("meter", time.Minute), watchdog.ErrKnown)
		require.NoError(t, m.Send(codec.Message{Header: codec.Header{Dst: "meter"}, Payload: "on"}))
		advance(t, w, 5*time.Minute)
		require.Len(t, sent, 60)
		require.Equal(t, []string{"on"}, got)
	})
	t.Run("GW-142 a driver that takes no messages", func(t *testing.T) {
		m := withDriver(t, drivers.Options[codec.Message]{
			Sleep: 5 * time.Second, Iterate: func(*drivers.Line[codec.Message]) error { return nil },
		}, nil)
		w := world(t, 1, m)
		advance(t, w, time.Second)
		require.NoError(t, m.Send(codec.Message{Header: codec.Header{Dst: "meter"}, Payload: "on"}))
		advance(t, w, time.Minute)
		require.Contains(t, stored(t, m), "driver meter did not take a message")
	})
	t.Run("one that fails ends the proactor, with a problem event", func(t *testing.T) {
		m := withDriver(t, drivers.Options[codec.Message]{
			Sleep: 5 * time.Second, Iterate: func(*drivers.Line[codec.Message]) error { return errors.New("no answer from the bus") },
		}, nil)
		err := world(t, 1, m).Advance(time.Minute)
		require.ErrorContains(t, err, "no answer from the bus")
		require.Contains(t, stored(t, m), "no answer from the bus")
	})
	t.Run("one that hangs is noticed", func(t *testing.T) {
		m := withDriver(t, drivers.Options[codec.Message]{
			Sleep: time.Second,
			Iterate: func(line *drivers.Line[codec.Message]) error {
				line.Sleep(time.Hour) // a bus that does not answer
				return nil
			},
		}, nil)
		err := world(t, 1, m).Advance(time.Minute)
		require.ErrorContains(t, err, "meter")
		require.Contains(t, stored(t, m), "gridworks.event.shutdown")
	})
}

// outside is a service manager.
type outside struct {
	pats int
	fail error
}

func (o *outside) Pat(context.Context) error {
	o.pats++
	return o.fail
}

func TestWatchdog(t *testing.T) {
	t.Run("GW-147 a name that falls silent ends the proactor", func(t *testing.T) {
		var manager outside
		m := newMember(t, "hw1", func(o *proactor.Options) { o.External = &manager })
		w := world(t, 1, m)
		advance(t, w, 0)
		require.NoError(t, m.Monitor("hall", 20*time.Second))
		advance(t, w, 18*time.Second)
		m.Pat("hall")
		advance(t, w, 20*time.Second)
		require.Equal(t, 4, manager.pats)
		err := w.Advance(time.Minute)
		require.ErrorContains(t, err, "hall")
		require.Equal(t, 4, manager.pats, "nothing outside is patted after that")
		require.Contains(t, stored(t, m), "hall")
	})
	t.Run("GW-148 a pat of somebody unknown changes nothing", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		w := world(t, 1, m)
		advance(t, w, 0)
		m.Pat("attic")
		advance(t, w, time.Minute)
	})
	t.Run("GW-156 a service manager that cannot be told ends the proactor", func(t *testing.T) {
		m := newMember(t, "hw1", func(o *proactor.Options) { o.External = &outside{fail: errors.New("no socket")} })
		w := world(t, 1, m)
		advance(t, w, 8*time.Second)
		require.ErrorContains(t, w.Advance(2*time.Second), "no socket")
	})
}

func TestStartedTwice(t *testing.T) {
	t.Run("GW-157 it is started by who runs it, and once", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		advance(t, world(t, 1, m), time.Second)
		require.ErrorIs(t, m.Start(m.Env()), proactor.ErrStarted)
	})
}

func TestMessageIDs(t *testing.T) {
	ids := func(start time.Time) (made []string) {
		m := newMember(t, "hw1", nil)
		w, err := sim.New(sim.Options{Seed: 7, Start: start})
		require.NoError(t, err)
		defer w.Close()
		require.NoError(t, w.AddApp("hw1", m))
		advance(t, w, time.Second)
		for range 1000 {
			e := &report{}
			require.NoError(t, m.Generate(e))
			require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, e.MessageID)
			made = append(made, e.MessageID)
		}
		return made
	}
	once := ids(clock.DefaultStart)
	require.Equal(t, once, ids(clock.DefaultStart), "a run can be repeated")
	again := ids(clock.DefaultStart.Add(time.Nanosecond))
	for _, id := range again {
		require.NotContains(t, once, id, "a program that starts again makes others, with the same seed")
	}
}
