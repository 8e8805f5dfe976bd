package linkstate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestStates(t *testing.T) {
	for _, c := range []struct {
		state         linkstate.State
		name          string
		send, receive bool
	}{
		{linkstate.NotStarted, "not_started", false, false},
		{linkstate.Connecting, "connecting", false, false},
		{linkstate.AwaitingSetupAndPeer, "awaiting_setup_and_peer", false, false},
		{linkstate.AwaitingSetup, "awaiting_setup", false, false},
		{linkstate.AwaitingPeer, "awaiting_peer", true, false},
		{linkstate.Active, "active", true, true},
		{linkstate.Stopped, "stopped", false, false},
	} {
		require.Equal(t, c.name, c.state.String(), "GW-001")
		require.Equal(t, c.send, c.state.ActiveForSend(), "GW-002 %v for send", c.state)
		require.Equal(t, c.receive, c.state.ActiveForReceive(), "GW-002 %v for receive", c.state)
	}
	m := linkstate.New("parent")
	require.Equal(t, linkstate.NotStarted, m.State(), "GW-001 a new link is not started")
	require.Equal(t, "parent", m.Link())
}

func TestPredicates(t *testing.T) {
	const (
		changed = 1 << iota
		activated
		deactivated
		sendActivated
		sendDeactivated
		receiveActivated
		receiveDeactivated
	)
	up, down := changed|activated|receiveActivated, changed|deactivated|receiveDeactivated
	for _, c := range []struct {
		name     string
		old, new linkstate.State
		want     int
	}{
		{"GW-003 nothing changed", linkstate.Active, linkstate.Active, 0},
		{"GW-003 nothing changed, active for send", linkstate.AwaitingPeer, linkstate.AwaitingPeer, 0},
		{"GW-003 nothing changed, not active", linkstate.Connecting, linkstate.Connecting, 0},
		{"GW-003 only changed", linkstate.NotStarted, linkstate.Connecting, changed},
		{"GW-003 straight to active", linkstate.AwaitingSetup, linkstate.Active, up | sendActivated},
		{"GW-003 the peer was heard", linkstate.AwaitingPeer, linkstate.Active, up},
		{"GW-003 subscribed", linkstate.AwaitingSetupAndPeer, linkstate.AwaitingPeer, changed | sendActivated},
		{"GW-003 lost while active", linkstate.Active, linkstate.Connecting, down | sendDeactivated},
		{"GW-003 lost while the peer was silent", linkstate.AwaitingPeer, linkstate.Connecting, changed | sendDeactivated},
		{"GW-004 the peer is silent: receive, not send", linkstate.Active, linkstate.AwaitingPeer, down},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := linkstate.Transition{Link: "parent", Old: c.old, New: c.new}
			got := 0
			for i, holds := range []bool{
				tr.Changed(), tr.Activated(), tr.Deactivated(), tr.SendActivated(), tr.SendDeactivated(),
				tr.ReceiveActivated(), tr.ReceiveDeactivated(),
			} {
				if holds {
					got |= 1 << i
				}
			}
			require.Equal(t, c.want, got, "%07b, want %07b", got, c.want)
		})
	}
}

// Whatever happens to a link, what its transitions say adds up to its state.
func TestTransitionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active, send, receive := 0, 0, 0
		m := linkstate.New("parent", func(tr linkstate.Transition) {
			active += one(tr.Activated()) - one(tr.Deactivated())
			send += one(tr.SendActivated()) - one(tr.SendDeactivated())
			receive += one(tr.ReceiveActivated()) - one(tr.ReceiveDeactivated())
		})
		for _, in := range rapid.SliceOf(rapid.IntRange(0, 10)).Draw(t, "inputs") {
			old := m.State()
			tr, err := m.Apply(linkstate.Input(in))
			require.Equal(t, old != m.State(), tr.Changed())
			require.False(t, err != nil && tr.Changed())
			require.Equal(t, one(m.State() == linkstate.Active), active)
			require.Equal(t, one(m.State().ActiveForSend()), send)
			require.Equal(t, one(m.State().ActiveForReceive()), receive)
		}
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
