package proactor_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// middleUp and middleDown are the links of a proactor in the middle of a tree.
var (
	middleUp   = peer{name: "up", long: "hw1", short: "p", self: "m", up: true}
	middleDown = peer{name: "down", long: "hw1.leaf", short: "l", self: "m", down: true}
)

func TestLinksOfTheSettings(t *testing.T) {
	t.Run("those that are enabled, each with its role", func(t *testing.T) {
		m := newMember(t, "hw1.mid", func(o *proactor.Options) {
			o.Settings.Links["side"] = settings.Link{Enabled: true, PeerLongName: "hw1.side", PeerShortName: "s", SubscriptionShortName: "m"}
			o.Settings.Links["old"] = settings.Link{PeerLongName: "hw1.old", PeerShortName: "o", SubscriptionShortName: "m"}
		}, middleUp, middleDown)
		advance(t, world(t, 1, m), time.Second)
		var roles []linkstate.Role
		for _, one := range m.Links().All() {
			roles = append(roles, one.Role())
		}
		require.Equal(t, []linkstate.Role{linkstate.Downstream, linkstate.Plain, linkstate.Upstream}, roles, "by name: down, side, up")
	})
	t.Run("a broker that is not there is named, with those that are", func(t *testing.T) {
		for _, name := range []string{"", "hous"} {
			m := newMember(t, "hw1", func(o *proactor.Options) {
				o.Settings.MQTTBrokers = map[string]settings.MQTTClient{"house": settings.NewMQTTClient()}
				o.Settings.Links["child"] = settings.Link{Enabled: true, Broker: name, PeerLongName: "hw1.child", PeerShortName: "c", SubscriptionShortName: "p"}
			})
			err := world(t, 1, m).Advance(time.Second)
			require.ErrorContains(t, err, `link "child"`)
			require.ErrorContains(t, err, `there is no broker "`+name+`" in the settings; there are ["house"]`)
			require.True(t, m.closed())
		}
	})
}

func TestErrorsOfTheStoreAtTheStart(t *testing.T) {
	m := newMember(t, "hw1.child", func(o *proactor.Options) {
		open := o.Store
		o.Store = func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			store, _, err := open(c)
			return store, new(problems.Problems).Add(errors.New("a file cannot be read")), err
		}
	}, toParent)
	advance(t, world(t, 1, m), time.Second)
	told := m.told(t)
	require.Contains(t, told, `"ProblemType":"error"`)
	require.Less(t, strings.Index(told, "gridworks.event.startup"), strings.Index(told, "a file cannot be read"), "GW-071 it is told after the start")
	m.Shutdown("enough")
	require.NoError(t, m.Generate(&report{}), "it runs still")
}

func TestGenerateAfterTheEnd(t *testing.T) {
	m := newMember(t, "hw1", nil)
	w := world(t, 1, m)
	advance(t, w, time.Second)
	m.Shutdown("enough")
	advance(t, w, time.Second)
	require.ErrorIs(t, m.Generate(&report{}), proactor.ErrRunning)
	m.Problem(events.Error, "too late", "")
	require.NotContains(t, m.told(t), "too late")
}

func TestLoopStaysFair(t *testing.T) {
	t.Run("messages without end let other callbacks of the loop have their turn", func(t *testing.T) {
		over, turns := false, 0
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				p.Env().Loop.Post(func() { p.Env().Loop.Post(func() { over = true }) })
				return proactor.On(p, func(m proactor.Message, _ tick) error {
					if turns++; over || turns > 100_000 {
						return nil
					}
					return p.Send(m.Message)
				})
			}
		})
		m.SendFrom(codec.Message{Payload: tick{}})
		advance(t, world(t, 1, m), time.Second)
		require.LessOrEqual(t, turns, 1000)
	})
}

func TestMessagesThatNobodyTakes(t *testing.T) {
	var log bytes.Buffer
	m := newMember(t, "hw1", func(o *proactor.Options) { o.Rest = nil })
	w, err := sim.New(sim.Options{Log: slog.NewTextHandler(&log, nil)})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.AddNamedApp("hw1", m))
	advance(t, w, time.Second)
	require.NoError(t, m.Send(codec.Message{Header: codec.Header{Src: "tank", Dst: "attic"}, Payload: "warm"}))
	require.NoError(t, m.Send(codec.Message{Header: codec.Header{MessageType: "send.command"}, Payload: command{}}))
	require.NoError(t, m.Send(codec.Message{}))
	advance(t, w, time.Second)
	require.Contains(t, log.String(), `msg="nobody takes a message"`)
	require.Contains(t, log.String(), "type=string src=tank dst=attic")
	require.Equal(t, []string{"nothing", "send.command", "string"}, m.Stats().Types.Names())
}

func TestFloodIsToldOnce(t *testing.T) {
	parent := newMember(t, "hw1", func(o *proactor.Options) { o.BacklogMax = 50 }, toChild)
	child := newMember(t, "hw1.child", nil, toParent)
	w := world(t, 1, parent, child)
	advance(t, w, time.Second)
	for flood := 1; flood <= 2; flood++ {
		for range 200 {
			require.NoError(t, child.Publish("parent", links.Outgoing{Payload: command{}}))
		}
		advance(t, w, 10*time.Second)
		require.NoError(t, child.Publish("parent", links.Outgoing{Payload: command{}}))
		advance(t, w, 10*time.Second)
		require.Equal(t, flood, strings.Count(parent.told(t), "messages of peers are dropped"))
	}
}

func TestEventsFromAbove(t *testing.T) {
	top := newMember(t, "hw1", nil, peer{name: "mid", long: "hw1.mid", short: "m", self: "p", down: true})
	middle := newMember(t, "hw1.mid", nil, middleUp, middleDown)
	w := world(t, 1, top, middle)
	advance(t, w, time.Second)
	require.NoError(t, top.Publish("mid", links.Outgoing{Payload: report{Header: events.Header{MessageID: "5"}}, MessageID: "5", AckRequired: true}))
	advance(t, w, time.Second)
	require.Equal(t, []string{"5"}, middle.of("report.event"))
	require.NotContains(t, top.of("report.event"), "5", "it does not go back")
}

func TestEventWithoutAnIDIsAcknowledged(t *testing.T) {
	middle := newMember(t, "hw1.mid", nil, middleUp, middleDown)
	w := world(t, 1, middle)
	acks := 0
	w.Listen(func(s *match.Subject) {
		if s.Topic == "gw/hw1-mid/to/l/gridworks-ack" {
			acks++
		}
	})
	advance(t, w, time.Second)
	require.NoError(t, w.Publish(mqtt.Message{Topic: "gw/hw1-leaf/to/m/report-event", Payload: []byte(
		`{"Header":{"Src":"hw1.leaf","MessageType":"report.event","MessageId":"7","AckRequired":true,"TypeName":"gridworks.header"},` +
			`"Payload":{"TypeName":"report.event","Version":"000"},"TypeName":"gw"}`)}))
	advance(t, w, time.Second)
	require.Equal(t, 1, acks, "or it would come again without end")
}

func TestActorWithAnotherName(t *testing.T) {
	make := func(layout.Node, *proactor.Proactor) (proactor.Communicator, error) { return &echo{name: "pump"}, nil }
	m := newMember(t, "hw1", func(o *proactor.Options) {
		o.Layout, o.Actors = house(t, "Tank"), map[string]proactor.Factory{"Tank": make, "Pump": make}
	})
	require.ErrorContains(t, world(t, 1, m).Advance(time.Second), `its actor is called "pump"`)
}

func TestDebugLevels(t *testing.T) {
	t.Run("GW-168 levels stay where none is asked for, and the answer says what is so now", func(t *testing.T) {
		var log bytes.Buffer
		child := newMember(t, "hw1.child", nil, toParent)
		w, err := sim.New(sim.Options{Log: slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})})
		require.NoError(t, err)
		defer w.Close()
		require.NoError(t, w.AddNamedApp("hw1.child", child))
		advance(t, w, time.Second)
		ask := func(summary, lifecycle int, command string) {
			require.NoError(t, child.Send(codec.Message{Payload: proactor.Debug{
				Levels: proactor.DebugLevels{MessageSummary: &summary, Lifecycle: &lifecycle}, Command: command,
			}}))
			advance(t, w, time.Second)
		}
		level := func() slog.Level {
			for l := slog.LevelDebug; l < slog.LevelError; l++ {
				if child.Logs().Lifecycle().Enabled(t.Context(), l) {
					return l
				}
			}
			return slog.LevelError
		}
		before := level()
		ask(10, -1, proactor.DebugSubscriptions)
		require.Equal(t, before, level())
		require.Contains(t, log.String(), "filter=gw/hw1/to/c/#")
		require.Contains(t, stored(t, child), `"Path":true,"Count":1`)
		ask(20, 30, "")
		require.Equal(t, slog.LevelWarn, level())
		require.Contains(t, stored(t, child), `"Path":false,"Count":2`)
	})
}
