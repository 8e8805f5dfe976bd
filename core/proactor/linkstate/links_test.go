package linkstate_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// three has an upstream, a downstream and a plain link; heard is what its
// observer was told.
func three(t *testing.T) (l *linkstate.Links, heard *[]string) {
	t.Helper()
	heard = &[]string{}
	l = linkstate.NewLinks(func(tr linkstate.Transition) { *heard = append(*heard, tr.String()) })
	add(t, l, "parent", linkstate.Upstream)
	add(t, l, "child", linkstate.Downstream)
	add(t, l, "admin", linkstate.Plain)
	return l, heard
}

func add(t *testing.T, l *linkstate.Links, link string, role linkstate.Role) *linkstate.Machine {
	t.Helper()
	m, err := l.Add(link, role)
	require.NoError(t, err)
	return m
}

func names(l *linkstate.Links) (names []string) {
	for _, m := range l.All() {
		names = append(names, m.Link())
	}
	return names
}

func TestLinksByName(t *testing.T) {
	l, _ := three(t)
	t.Run("GW-032 an unknown name", func(t *testing.T) {
		m, err := l.Get("nobody")
		require.ErrorIs(t, err, linkstate.ErrMissing)
		require.ErrorContains(t, err, `link "nobody"`)
		require.Nil(t, m)
		m, ok := l.Lookup("nobody")
		require.Nil(t, m)
		require.False(t, ok)
		_, ok = l.State("nobody")
		require.False(t, ok)
		require.False(t, l.Stopped("nobody"))
	})
	t.Run("a known one", func(t *testing.T) {
		m, err := l.Get("child")
		require.NoError(t, err)
		require.Equal(t, "child", m.Link())
		found, ok := l.Lookup("child")
		require.True(t, ok)
		require.Same(t, m, found)
		lead(t, m, linkstate.AwaitingPeer)
		state, ok := l.State("child")
		require.True(t, ok)
		require.Equal(t, linkstate.AwaitingPeer, state)
		require.False(t, l.Stopped("child"))
		_, err = m.Apply(linkstate.StopCalled)
		require.NoError(t, err)
		require.True(t, l.Stopped("child"))
	})
}

func TestLinksAdd(t *testing.T) {
	l, heard := three(t)
	for _, c := range []struct {
		name, link string
		role       linkstate.Role
		want       error
	}{
		{"GW-033 a name twice", "admin", linkstate.Plain, linkstate.ErrExists},
		{"GW-043 a second upstream link", "other", linkstate.Upstream, linkstate.ErrRole},
		{"GW-043 a second downstream link", "other", linkstate.Downstream, linkstate.ErrRole},
		{"GW-043 a repeated name", "parent", linkstate.Upstream, linkstate.ErrExists},
		{"GW-044 one link upstream and downstream", "parent", linkstate.Downstream, linkstate.ErrExists},
		{"no name", "", linkstate.Plain, linkstate.ErrInvalid},
		{"an unknown role", "other", linkstate.Downstream + 1, linkstate.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := l.Add(c.link, c.role)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, "add link")
			require.Nil(t, m)
			require.Equal(t, []string{"parent", "child", "admin"}, names(l), "nothing was added")
		})
	}
	up, ok := l.Upstream()
	require.True(t, ok)
	require.Equal(t, "parent", up.Link())
	down, ok := l.Downstream()
	require.True(t, ok)
	require.Equal(t, "child", down.Link())
	add(t, l, "other", linkstate.Plain)
	require.Equal(t, []string{"parent", "child", "admin", "other"}, names(l), "several may be plain")
	require.Empty(t, *heard)
}

func TestLinksWithoutRoles(t *testing.T) {
	l := linkstate.NewLinks()
	add(t, l, "admin", linkstate.Plain)
	up, ok := l.Upstream()
	require.Nil(t, up)
	require.False(t, ok)
	down, ok := l.Downstream()
	require.Nil(t, down)
	require.False(t, ok)
	l.All()[0] = nil
	require.Equal(t, []string{"admin"}, names(l), "All is a copy")
}

func TestStartAll(t *testing.T) {
	l, heard := three(t)
	require.NoError(t, l.StartAll(), "GW-034 fresh links")
	require.Equal(t, []string{
		"parent: not_started + start_called -> connecting",
		"child: not_started + start_called -> connecting",
		"admin: not_started + start_called -> connecting",
	}, *heard)
	err := l.StartAll()
	require.EqualError(t, err, `link "parent" takes no start_called while it is connecting: the input was ignored
link "child" takes no start_called while it is connecting: the input was ignored
link "admin" takes no start_called while it is connecting: the input was ignored`, "GW-034 one error a link")
	add(t, l, "late", linkstate.Plain)
	require.Error(t, l.StartAll())
	state, _ := l.State("late")
	require.Equal(t, linkstate.Connecting, state, "one that can be started is, whatever the others said")
}

func TestStopAll(t *testing.T) {
	t.Run("GW-035 in every state", func(t *testing.T) {
		l := linkstate.NewLinks()
		for state := range linkstate.Stopped + 1 {
			lead(t, add(t, l, state.String(), linkstate.Plain), state)
		}
		for range 2 {
			require.NoError(t, l.StopAll())
			for _, m := range l.All() {
				require.Equal(t, linkstate.Stopped, m.State(), m.Link())
			}
		}
	})
	t.Run("GW-035 errors are collected", func(t *testing.T) {
		var l *linkstate.Links
		var inside error
		l = linkstate.NewLinks(func(linkstate.Transition) { inside = l.StopAll() })
		one := add(t, l, "one", linkstate.Plain)
		add(t, l, "two", linkstate.Plain)
		_, err := one.Apply(linkstate.StartCalled)
		require.NoError(t, err)
		all, ok := inside.(interface{ Unwrap() []error })
		require.True(t, ok)
		require.Len(t, all.Unwrap(), 2, "an observer of one link must not change another")
		for _, err := range all.Unwrap() {
			require.True(t, errors.Is(err, linkstate.ErrObserving))
		}
	})
}
