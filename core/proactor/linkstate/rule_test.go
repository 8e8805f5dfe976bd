package linkstate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// legal is every transition there is, written down apart from the table in the
// code. Those without a number are not listed as cases; core/CASES.md says what
// they follow from.
var legal = []struct{ id, rule string }{
	{"GW-007", "not_started + start_called -> connecting"},
	{"GW-008", "not_started + stop_called -> stopped"},
	{"", "connecting + mqtt_connected -> awaiting_setup_and_peer"},
	{"", "connecting + mqtt_connect_failed -> connecting"},
	{"GW-011", "connecting + stop_called -> stopped"},
	{"GW-012", "awaiting_setup_and_peer + mqtt_suback with some pending -> awaiting_setup_and_peer"},
	{"GW-013", "awaiting_setup_and_peer + mqtt_suback with none pending -> awaiting_peer"},
	{"GW-014", "awaiting_setup_and_peer + message_from_peer -> awaiting_setup"},
	{"", "awaiting_setup_and_peer + mqtt_disconnected -> connecting"},
	{"GW-016", "awaiting_setup_and_peer + stop_called -> stopped"},
	{"GW-017", "awaiting_setup + mqtt_suback with some pending -> awaiting_setup"},
	{"GW-018", "awaiting_setup + mqtt_suback with none pending -> active"},
	{"GW-019", "awaiting_setup + message_from_peer -> awaiting_setup"},
	{"GW-020", "awaiting_setup + mqtt_disconnected -> connecting"},
	{"", "awaiting_setup + stop_called -> stopped"},
	{"GW-022", "awaiting_peer + message_from_peer -> active"},
	{"GW-023", "awaiting_peer + response_timeout -> awaiting_peer"},
	{"GW-024", "awaiting_peer + mqtt_disconnected -> connecting"},
	{"", "awaiting_peer + stop_called -> stopped"},
	{"GW-026", "active + message_from_peer -> active"},
	{"GW-027", "active + response_timeout -> awaiting_peer"},
	{"GW-028", "active + mqtt_disconnected -> connecting"},
	{"GW-029", "active + stop_called -> stopped"},
	{"GW-030", "stopped + stop_called -> stopped"},
}

// ways leads a new link into each state.
var ways = map[linkstate.State][]linkstate.Input{
	linkstate.NotStarted:           nil,
	linkstate.Connecting:           {linkstate.StartCalled},
	linkstate.AwaitingSetupAndPeer: {linkstate.StartCalled, linkstate.MQTTConnected},
	linkstate.AwaitingSetup:        {linkstate.StartCalled, linkstate.MQTTConnected, linkstate.MessageFromPeer},
	linkstate.AwaitingPeer:         {linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast},
	linkstate.Active:               {linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast, linkstate.MessageFromPeer},
	linkstate.Stopped:              {linkstate.StopCalled},
}

func lead(t *testing.T, m *linkstate.Machine, to linkstate.State) {
	t.Helper()
	for _, in := range ways[to] {
		_, err := m.Apply(in)
		require.NoError(t, err)
	}
	require.Equal(t, to, m.State())
}

func TestRules(t *testing.T) {
	rules := linkstate.Rules()
	require.Len(t, rules, len(legal))
	for i, c := range legal {
		t.Run(c.id+" "+c.rule, func(t *testing.T) {
			r := rules[i]
			require.Equal(t, c.rule, r.String())
			var heard []linkstate.Transition
			m := linkstate.New("parent", func(tr linkstate.Transition) { heard = append(heard, tr) })
			lead(t, m, r.From)
			heard = nil
			got, err := m.Apply(r.Input)
			require.NoError(t, err)
			want := linkstate.Transition{Link: "parent", Input: r.Input, Old: r.From, New: r.To}
			require.Equal(t, want, got, "GW-005 a transition carries link, input, old and new state")
			require.Equal(t, "parent: "+c.rule, got.String())
			require.Equal(t, r.To, m.State(), "GW-005 the link is moved")
			require.Equal(t, []linkstate.Transition{want}, heard)
		})
	}
	rules[0].To = linkstate.Active
	require.Equal(t, linkstate.Connecting, linkstate.Rules()[0].To, "the table is a copy")
}

func TestEverythingElseIsIllegal(t *testing.T) {
	rules := map[string]bool{}
	for _, c := range legal {
		rules[c.rule] = true
	}
	pairs, refused := 0, 0
	for from := linkstate.NotStarted; from <= linkstate.Stopped; from++ {
		for in := linkstate.Input(0); in < 20; in++ {
			pairs++
			if to, ok := linkstate.Next(from, in); ok {
				rule := linkstate.Rule{From: from, Input: in, To: to}.String()
				require.True(t, rules[rule], "%s is no case", rule)
				continue
			}
			refused++
			t.Run(fmt.Sprintf("GW-006 %v + %v", from, in), func(t *testing.T) { refuses(t, from, in) })
		}
	}
	require.Equal(t, len(legal), pairs-refused)
}

func refuses(t *testing.T, from linkstate.State, in linkstate.Input) {
	told := 0
	m := linkstate.New("parent", func(linkstate.Transition) { told++ })
	lead(t, m, from)
	told = 0
	got, err := m.Apply(in)
	var illegal *linkstate.InputError
	require.ErrorAs(t, err, &illegal)
	require.Equal(t, linkstate.InputError{Link: "parent", State: from, Input: in}, *illegal)
	require.Zero(t, got)
	require.Equal(t, from, m.State(), "the state is kept")
	require.Zero(t, told, "observers hear of legal transitions only")
	to, _ := linkstate.Next(from, in)
	require.Equal(t, from, to)
}

func TestUnknownStatesAndInputs(t *testing.T) {
	_, ok := linkstate.Next(linkstate.State(7), linkstate.StopCalled)
	require.False(t, ok)
	_, ok = linkstate.Next(linkstate.State(255), linkstate.Input(255))
	require.False(t, ok)
	require.Equal(t, "state 7", linkstate.State(7).String())
	require.Equal(t, "input 10", linkstate.Input(10).String())
	require.Equal(t, "no input", linkstate.Input(0).String())
}

func TestSuback(t *testing.T) {
	for pending, want := range map[int]linkstate.Input{
		2: linkstate.SubackPending, 1: linkstate.SubackPending, 0: linkstate.SubackLast, -1: linkstate.SubackLast,
	} {
		require.Equal(t, want, linkstate.Suback(pending), "%d pending", pending)
	}
}
