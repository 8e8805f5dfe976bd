package proactor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/sim"
)

// cut takes the network away from clients at an instant, for a while.
func cut(t *testing.T, w *sim.World, at, length time.Duration, clients ...string) {
	t.Helper()
	for _, c := range clients {
		require.NoError(t, w.Cut(sim.Cut{Client: c, At: at, For: length}))
	}
}

func TestChildAlone(t *testing.T) {
	t.Run("GW-088 a child without a parent waits for it", func(t *testing.T) {
		child := newMember(t, "hw1.child", nil, toParent)
		w := world(t, 1, child)
		cut(t, w, time.Minute, 0, "hw1.child")
		advance(t, w, time.Second)
		require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
		require.Equal(t, 1, child.comm(t, "parent", "mqtt.connect"))
		require.Equal(t, 1, child.comm(t, "parent", "mqtt.fully.subscribed"))
		require.Equal(t, 2, child.counts(t, "parent").CommEvents.Total())
		require.Equal(t, 3, child.Pending(), "startup too")

		advance(t, w, 2*time.Minute) // and the connection is lost once
		require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
		require.Equal(t, 2, child.comm(t, "parent", "mqtt.connect"))
		require.Equal(t, 2, child.comm(t, "parent", "mqtt.fully.subscribed"))
		require.Equal(t, 1, child.comm(t, "parent", "mqtt.disconnect"))
		require.Equal(t, 5, child.counts(t, "parent").CommEvents.Total())
		require.Equal(t, 6, child.Pending())
	})
}

func TestChildAndParent(t *testing.T) {
	t.Run("GW-089 child first, the parent later, and the child's connection is lost", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, child, parent)
		cut(t, w, 0, 20*time.Second, "hw1") // it comes at 30 s: it tries at 0, 2, 6, 14 and 30
		cut(t, w, 10*time.Minute+10*time.Second, 0, "hw1.child")
		advance(t, w, 29*time.Second)
		require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
		advance(t, w, 5*time.Minute)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, 1, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 3, child.counts(t, "parent").CommEvents.Total())
		require.Zero(t, child.Pending())

		advance(t, w, 10*time.Minute)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, 2, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 7, child.counts(t, "parent").CommEvents.Total())
		require.Zero(t, child.Pending())
	})
	t.Run("GW-090 parent first", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, linkstate.Active, parent.state(t, "child"))
		require.Zero(t, child.Pending())
		require.Equal(t, 1, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 3, child.counts(t, "parent").CommEvents.Total())
	})
	t.Run("GW-091 the parent's connection is lost", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		cut(t, w, 10*time.Minute, 5*time.Minute, "hw1")
		advance(t, w, 10*time.Minute+time.Second)
		require.NoError(t, child.Generate(&report{N: 1})) // nobody acknowledges it
		advance(t, w, 10*time.Second)
		require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
		require.Equal(t, 1, child.comm(t, "parent", "response.timeout"))
		require.Zero(t, child.comm(t, "parent", "mqtt.disconnect"), "its own connection stands")
		require.NotZero(t, child.Pending())
		advance(t, w, 10*time.Minute)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, 2, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 1, parent.comm(t, "child", "mqtt.disconnect"))
		require.Len(t, firsts(parent.of("report.event")), 1)
		require.Zero(t, child.Pending())
	})
	t.Run("GW-092 both lose it", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		cut(t, w, 10*time.Minute, 0, "hw1", "hw1.child")
		cut(t, w, 20*time.Minute, 0, "hw1.child", "hw1")
		advance(t, w, 30*time.Minute)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, 3, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 11, child.counts(t, "parent").CommEvents.Total())
		require.Zero(t, child.Pending())
	})
}

func TestAcksWithheld(t *testing.T) {
	t.Run("GW-096 withheld acks stop the child, and released ones let it go on", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		for round := 1; round <= 2; round++ {
			parent.holding = true
			require.NoError(t, child.Generate(&report{N: round}))
			advance(t, w, 5*time.Second+time.Millisecond)
			require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
			require.Equal(t, round, child.comm(t, "parent", "response.timeout"))
			require.NotZero(t, child.Pending())
			parent.release()
			advance(t, w, 10*time.Second)
			require.Equal(t, linkstate.Active, child.state(t, "parent"))
			require.Zero(t, child.Pending())
		}
	})
}

func TestTree(t *testing.T) {
	top := newMember(t, "top", nil, peer{name: "mid", long: "top.mid", short: "m", self: "t", down: true})
	var commands []int
	mid := newMember(t, "top.mid", func(o *proactor.Options) {
		o.Setup = func(p *proactor.Proactor) error {
			return proactor.On(p, func(_ proactor.Message, c command) error { // down it goes
				return p.Publish("leaf", links.Outgoing{Payload: c, AckRequired: true})
			})
		}
	}, peer{name: "top", long: "top", short: "t", self: "m", up: true}, peer{name: "leaf", long: "top.mid.leaf", short: "l", self: "m", down: true})
	leaf := newMember(t, "top.mid.leaf", func(o *proactor.Options) {
		o.Setup = func(p *proactor.Proactor) error {
			return proactor.On(p, func(m proactor.Message, c command) error {
				require.Equal(t, "top.mid", m.Src)
				commands = append(commands, c.Watts)
				return nil
			})
		}
	}, peer{name: "mid", long: "top.mid", short: "m", self: "l", up: true})
	w := world(t, 1, top, mid, leaf)
	cut(t, w, time.Hour, 10*time.Minute, "top")
	advance(t, w, time.Minute)
	var sent []string
	for i := range 60 { // over the loss of the uppermost link
		e := &report{N: i}
		require.NoError(t, leaf.Generate(e))
		sent = append(sent, e.MessageID)
		advance(t, w, 2*time.Minute)
	}
	for i := range 3 {
		require.NoError(t, top.Publish("mid", links.Outgoing{Payload: command{i}, AckRequired: true}))
		advance(t, w, time.Second)
	}
	t.Run("GW-097 commands flow down, reports up, once each; every link has its own state", func(t *testing.T) {
		require.Equal(t, []int{0, 1, 2}, commands)
		require.Empty(t, missing(sent, top.of("report.event")))
		require.Equal(t, linkstate.Active, mid.state(t, "top"))
		require.Equal(t, linkstate.Active, mid.state(t, "leaf"))
		require.NotZero(t, mid.comm(t, "top", "response.timeout"))
		require.Equal(t, 1+mid.comm(t, "top", "response.timeout"), mid.comm(t, "top", "peer.active"))
		require.Equal(t, 1, mid.comm(t, "leaf", "peer.active"))
		require.Zero(t, leaf.Pending())
		require.Zero(t, mid.Pending())
	})
	t.Run("GW-069 events of the leaf keep their ids and sources, and are not counted as the middle's own", func(t *testing.T) {
		require.Equal(t, 1, mid.comm(t, "top", "mqtt.connect"))
		require.Len(t, firsts(top.of("gridworks.event.startup")), 2)
		require.Len(t, firsts(top.of("report.event")), 60)
	})
}

func TestFlood(t *testing.T) {
	t.Run("a peer that floods is dropped from, and told of once", func(t *testing.T) {
		child := newMember(t, "hw1.child", nil, toParent)
		parent := newMember(t, "hw1", func(o *proactor.Options) { o.BacklogMax = 50 }, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		var sent []string
		for i := range 1000 {
			e := &report{N: i}
			require.NoError(t, child.Generate(e))
			sent = append(sent, e.MessageID)
		}
		advance(t, w, time.Hour)
		require.Empty(t, missing(sent, parent.of("report.event")), "what was dropped came again")
		require.Zero(t, child.Pending())
		require.Contains(t, parent.told(t), "messages of peers are dropped")
	})
}
