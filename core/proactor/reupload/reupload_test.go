package reupload_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// upload is a reupload with what was sent and what was observed.
type upload struct {
	*reupload.Reupload
	bad    map[string]bool // what cannot be read
	sent   []string
	events []string
}

func begin(t *testing.T, window int, stored ...string) *upload {
	t.Helper()
	u := start(t, window)
	u.begin(stored...)
	return u
}

func start(t *testing.T, window int) *upload {
	t.Helper()
	u := &upload{bad: map[string]bool{}}
	r, err := reupload.New(window, func(e reupload.Event) { u.events = append(u.events, e.String()) })
	require.NoError(t, err)
	u.Reupload = r
	return u
}

func (u *upload) begin(stored ...string) {
	for _, id := range u.Begin(stored) {
		u.send(id)
	}
}

func (u *upload) ack(ids ...string) {
	for _, id := range ids {
		if next, ok := u.Acked(id); ok {
			u.send(next)
		}
	}
}

// send is the loop of the package's text.
func (u *upload) send(id string) {
	for ok := true; ok && u.bad[id]; {
		if id, ok = u.Unreadable(id); !ok {
			return
		}
	}
	u.sent = append(u.sent, id)
}

func (u *upload) holds(t *testing.T, inFlight, waiting int) {
	t.Helper()
	require.Equal(t, inFlight, u.InFlight(), "in flight")
	require.Equal(t, waiting, u.Waiting(), "waiting")
	require.Equal(t, inFlight+waiting > 0, u.InProgress())
}

func ids(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint("e", i+1))
	}
	return ids
}

func TestWindow(t *testing.T) {
	for _, window := range []int{0, -1, -5} {
		r, err := reupload.New(window)
		var refused *reupload.WindowError
		require.ErrorAs(t, err, &refused, "GW-086 a window below 1")
		require.Equal(t, window, refused.Window)
		require.Nil(t, r)
	}
	_, err := reupload.New(0)
	require.EqualError(t, err, "a reupload window of 0: at least 1 must be in flight, or nothing is ever sent")
	u := begin(t, 1, "e1", "e2")
	require.Equal(t, []string{"e1"}, u.sent, "GW-086 1 is the smallest")
	u.ack("e1", "e2")
	require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
}

func TestBegin(t *testing.T) {
	t.Run("GW-072 the first ones are sent, in the order of the store", func(t *testing.T) {
		u := begin(t, 5, "e7", "e2", "e9", "e1", "e4", "e3", "e8")
		require.Equal(t, []string{"e7", "e2", "e9", "e1", "e4"}, u.sent)
		u.holds(t, 5, 2)
		require.Equal(t, []string{"reupload started: 5 in flight, 2 waiting"}, u.events)
	})
	t.Run("GW-072 fewer than the window", func(t *testing.T) {
		u := begin(t, 5, "e1", "e2")
		require.Equal(t, []string{"e1", "e2"}, u.sent)
		u.holds(t, 2, 0)
	})
	t.Run("GW-076 with nothing pending nothing is counted", func(t *testing.T) {
		u := begin(t, 5)
		require.Empty(t, u.sent)
		require.Zero(t, u.Counts())
		require.Empty(t, u.events)
		u.holds(t, 0, 0)
	})
	t.Run("GW-080 not while one is in progress", func(t *testing.T) {
		u := begin(t, 2, "e1", "e2", "e3")
		u.begin("e4", "e5")
		require.Equal(t, []string{"e1", "e2"}, u.sent)
		u.holds(t, 2, 1)
		u.ack("e1", "e2", "e3")
		require.Equal(t, []string{"e1", "e2", "e3"}, u.sent)
		require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
		u.begin("e4")
		require.Equal(t, "e4", u.sent[3], "after it")
		require.EqualValues(t, 2, u.Counts().Started)
	})
	t.Run("GW-081 what is in flight already is sent again", func(t *testing.T) {
		u := begin(t, 2, "e1", "e2", "e3")
		u.Clear()
		u.begin("e1", "e2", "e3")
		require.Equal(t, []string{"e1", "e2", "e1", "e2"}, u.sent)
	})
	t.Run("an id that is there twice counts once", func(t *testing.T) {
		u := begin(t, 2, "e1", "e1", "e2", "e1", "e3", "e2")
		require.Equal(t, []string{"e1", "e2"}, u.sent)
		u.holds(t, 2, 1)
		u.ack("e1", "e2", "e3")
		require.Equal(t, []string{"e1", "e2", "e3"}, u.sent)
		u.holds(t, 0, 0)
		u.begin("e4", "e4")
		require.Equal(t, "e4", u.sent[3], "also where the window has room")
		u.holds(t, 1, 0)
	})
	t.Run("what the caller does with the ids later does not matter", func(t *testing.T) {
		stored := ids(4)
		u := start(t, 2)
		sent := u.Begin(stored)
		stored[2], sent[0] = "x", "y"
		next, ok := u.Acked("e1")
		require.True(t, ok)
		require.Equal(t, "e3", next)
	})
}

func TestAcked(t *testing.T) {
	t.Run("GW-073 each ack of a sent one sends exactly one", func(t *testing.T) {
		u := begin(t, 2, ids(5)...)
		u.ack("e2")
		require.Equal(t, []string{"e1", "e2", "e3"}, u.sent)
		u.ack("e2")
		require.Len(t, u.sent, 3, "the same ack again does nothing")
		u.ack("e1")
		require.Equal(t, []string{"e1", "e2", "e3", "e4"}, u.sent)
		u.holds(t, 2, 1)
	})
	t.Run("GW-074 of one that waits: it is only removed", func(t *testing.T) {
		u := begin(t, 2, ids(4)...)
		u.ack("e3")
		u.holds(t, 2, 1)
		require.Len(t, u.sent, 2)
		u.ack("e1")
		require.Equal(t, []string{"e1", "e2", "e4"}, u.sent, "it is not sent")
		u.ack("e4", "e2")
		require.EqualValues(t, 1, u.Counts().Completed)
	})
	t.Run("GW-074 of an unknown one: nothing changes", func(t *testing.T) {
		u := begin(t, 2, ids(3)...)
		u.ack("e9", "")
		u.holds(t, 2, 1)
		require.Len(t, u.sent, 2)
		idle := start(t, 2)
		idle.ack("e1")
		idle.holds(t, 0, 0)
		require.Zero(t, idle.Counts())
	})
	t.Run("GW-075 of one that arose meanwhile: it does not advance", func(t *testing.T) {
		u := begin(t, 2, ids(3)...)
		u.ack("new")
		require.Equal(t, []string{"e1", "e2"}, u.sent)
		u.ack("e1", "e2", "e3")
		require.Equal(t, []string{"e1", "e2", "e3"}, u.sent)
		require.False(t, u.InProgress(), "and it is not waited for")
	})
	t.Run("GW-076 completed when both are empty", func(t *testing.T) {
		u := begin(t, 2, ids(3)...)
		require.Equal(t, reupload.Counts{Started: 1}, u.Counts())
		u.ack("e1", "e2")
		require.Equal(t, reupload.Counts{Started: 1}, u.Counts())
		u.ack("e3")
		require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
		u.ack("e3")
		require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
		require.Equal(t, []string{"reupload started: 2 in flight, 1 waiting", "reupload completed: 0 in flight, 0 waiting"}, u.events)
	})
	t.Run("GW-077 many more than the window", func(t *testing.T) {
		u := begin(t, 5, ids(503)...)
		for i := 0; u.InProgress(); i++ {
			require.LessOrEqual(t, u.InFlight(), 5)
			u.ack(u.sent[i])
		}
		require.Equal(t, ids(503), u.sent)
		require.EqualValues(t, 1, u.Counts().Completed)
	})
	t.Run("GW-078 step by step with 5 in flight", func(t *testing.T) {
		u := begin(t, 5, ids(9)...)
		for left := 4; left > 0; left-- {
			u.holds(t, 5, left)
			u.ack(u.sent[4-left])
		}
		for left := 5; left > 0; left-- {
			u.holds(t, left, 0)
			u.ack(u.sent[9-left])
		}
		u.holds(t, 0, 0)
	})
}

func TestClear(t *testing.T) {
	u := begin(t, 2, ids(5)...)
	u.ack("e1")
	u.Clear()
	u.holds(t, 0, 0)
	require.Equal(t, reupload.Counts{Started: 1}, u.Counts(), "GW-079 started may exceed completed")
	require.Equal(t, "reupload cleared: 2 in flight, 2 waiting", u.events[1])
	u.Clear()
	require.Len(t, u.events, 2, "GW-079 there is nothing more to clear")
	u.ack("e2", "e3")
	u.holds(t, 0, 0)
	require.Len(t, u.sent, 3, "GW-079 late acks advance nothing")
	u.begin(ids(5)[3:]...)
	u.ack("e4", "e5")
	require.Equal(t, reupload.Counts{Started: 2, Completed: 1}, u.Counts())
	require.Equal(t, []string{"e1", "e2", "e3", "e4", "e5"}, u.sent)
}

func TestUnreadable(t *testing.T) {
	for _, c := range []struct {
		name   string
		window int
		stored int
		bad    []string
		first  []string // sent before any ack
	}{
		{"GW-084 the first of a batch", 2, 4, []string{"e1"}, []string{"e3", "e2"}},
		{"GW-084 several, and what takes their place", 2, 6, []string{"e1", "e3", "e4"}, []string{"e5", "e2"}},
		{"GW-085 after a good one", 2, 4, []string{"e2"}, []string{"e1", "e3"}},
		{"GW-085 the last of all", 3, 3, []string{"e3"}, []string{"e1", "e2"}},
		{"GW-085 all but the last", 2, 4, []string{"e1", "e2", "e3"}, []string{"e4"}},
		{"later, in place of an acked one", 2, 5, []string{"e3", "e4"}, []string{"e1", "e2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := start(t, c.window)
			for _, id := range c.bad {
				u.bad[id] = true
			}
			u.begin(ids(c.stored)...)
			require.Equal(t, c.first, u.sent)
			u.holds(t, len(c.first), u.Waiting())
			for i := 0; i < len(u.sent); i++ {
				u.ack(u.sent[i])
			}
			require.Len(t, u.sent, c.stored-len(c.bad), "each readable one is sent once")
			require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
		})
	}
	t.Run("GW-085 all of them", func(t *testing.T) {
		u := start(t, 2)
		u.bad = map[string]bool{"e1": true, "e2": true, "e3": true}
		u.begin("e1", "e2", "e3")
		require.Empty(t, u.sent)
		u.holds(t, 0, 0)
		require.Equal(t, reupload.Counts{Started: 1, Completed: 1}, u.Counts())
	})
	t.Run("one that waits", func(t *testing.T) {
		u := begin(t, 1, "e1", "e2", "e3")
		_, ok := u.Unreadable("e2")
		require.False(t, ok)
		u.ack("e1")
		require.Equal(t, []string{"e1", "e3"}, u.sent)
	})
}

func TestObserversAreToldInOrder(t *testing.T) {
	var heard []string
	tell := func(who string) func(reupload.Event) {
		return func(e reupload.Event) { heard = append(heard, who+" "+e.Kind.String()) }
	}
	r, err := reupload.New(1, tell("tap"), tell("log"), tell("count"))
	require.NoError(t, err)
	r.Begin([]string{"e1"})
	r.Acked("e1")
	require.Equal(t, []string{
		"tap started", "log started", "count started",
		"tap completed", "log completed", "count completed",
	}, heard)
	require.Equal(t, "kind 0", reupload.Kind(0).String())
}
