package linkstate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestErrorsSayWhatAndWhere(t *testing.T) {
	_, err := linkstate.New("parent").Apply(linkstate.MessageFromPeer)
	require.EqualError(t, err, `link "parent" takes no message_from_peer while it is not_started: the input was ignored`)
}

func TestObserversAreToldInOrder(t *testing.T) {
	var heard []string
	var m *linkstate.Machine
	tell := func(who string) func(linkstate.Transition) {
		return func(tr linkstate.Transition) { heard = append(heard, fmt.Sprint(who, ": ", tr.New, ", ", m.State())) }
	}
	m = linkstate.New("parent", tell("tap"), tell("log"), tell("count"))
	_, err := m.Apply(linkstate.StartCalled)
	require.NoError(t, err)
	require.Equal(t, []string{"tap: connecting, connecting", "log: connecting, connecting", "count: connecting, connecting"}, heard)
}

func TestObserverMustNotApply(t *testing.T) {
	var m *linkstate.Machine
	var inside error
	m = linkstate.New("parent", func(linkstate.Transition) { _, inside = m.Apply(linkstate.StopCalled) })
	_, err := m.Apply(linkstate.StartCalled)
	require.NoError(t, err)
	require.ErrorIs(t, inside, linkstate.ErrObserving)
	require.EqualError(t, inside, `link "parent", stop_called: an observer must not change a link`)
	require.Equal(t, linkstate.Connecting, m.State(), "nothing changed")
	_, err = m.Apply(linkstate.StopCalled)
	require.NoError(t, err, "after it, it may be changed")
}

func TestObserverThatPanics(t *testing.T) {
	later := 0
	m := linkstate.New("parent",
		func(tr linkstate.Transition) {
			if tr.New == linkstate.Connecting {
				panic("the log is full")
			}
		},
		func(linkstate.Transition) { later++ })
	require.PanicsWithValue(t, "the log is full", func() { _, _ = m.Apply(linkstate.StartCalled) })
	require.Equal(t, linkstate.Connecting, m.State())
	require.Zero(t, later)
	_, err := m.Apply(linkstate.MQTTConnected)
	require.NoError(t, err)
	require.Equal(t, 1, later)
}

func TestTransitionAllocatesNothing(t *testing.T) {
	told := 0
	m := linkstate.New("parent", func(linkstate.Transition) { told++ })
	lead(t, m, linkstate.Active)
	allocs := testing.AllocsPerRun(100, func() {
		_, _ = m.Apply(linkstate.ResponseTimeout)
		_, _ = m.Apply(linkstate.MessageFromPeer)
	})
	require.Zero(t, allocs)
	require.Greater(t, told, 200)
}
