package reupload_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// model is a reupload as one would write it down: two lists.
type model struct {
	window            int
	flying, waiting   []string
	gone              []string
	sent              map[string]int // in this reupload
	started, finished uint64

	r *reupload.Reupload
}

// expect plays the refill of the model after an id has left, and compares.
func (m *model) expect(t *rapid.T, id, next string, ok bool) {
	m.gone = append(m.gone, id)
	if i := slices.Index(m.waiting, id); i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
		require.False(t, ok, "%s waited, and %s was sent for it", id, next)
		return
	}
	i := slices.Index(m.flying, id)
	m.flying = slices.Delete(m.flying, i, i+1)
	require.Equal(t, len(m.waiting) > 0, ok, "the window is refilled")
	if ok {
		require.Equal(t, m.waiting[0], next, "in the order of the store")
		m.send(t, next)
	}
	if len(m.flying) == 0 {
		m.finished++
	}
}

func (m *model) send(t *rapid.T, id string) {
	m.waiting = m.waiting[1:]
	m.flying = append(m.flying, id)
	m.sent[id]++
	require.Equal(t, 1, m.sent[id], "%s was sent before", id)
}

func (m *model) begin(t *rapid.T) {
	stored := ids(rapid.IntRange(0, 12).Draw(t, "stored"))
	sent := m.r.Begin(stored)
	if len(m.flying) > 0 || len(stored) == 0 {
		require.Empty(t, sent)
		return
	}
	m.started++
	m.waiting, m.gone, m.sent = stored, nil, map[string]int{}
	require.Equal(t, stored[:min(m.window, len(stored))], sent)
	for _, id := range sent {
		m.send(t, id)
	}
}

// one draws an id out of a list, or skips the step.
func one(t *rapid.T, of []string) string {
	if len(of) == 0 {
		t.Skip("there is none")
	}
	return rapid.SampledFrom(of).Draw(t, "id")
}

func (m *model) check(t *rapid.T) {
	require.Equal(t, len(m.flying), m.r.InFlight())
	require.Equal(t, len(m.waiting), m.r.Waiting())
	require.Equal(t, len(m.flying) > 0, m.r.InProgress(), "it is in progress while anything is in flight")
	require.LessOrEqual(t, m.r.InFlight(), m.window)
	require.Equal(t, reupload.Counts{Started: m.started, Completed: m.finished}, m.r.Counts())
}

// drain acknowledges all: a reupload completes, whatever has happened to it.
func (m *model) drain(t *rapid.T) {
	for m.r.InProgress() {
		id := m.flying[rapid.IntRange(0, len(m.flying)-1).Draw(t, "ack")]
		next, ok := m.r.Acked(id)
		m.expect(t, id, next, ok)
		m.check(t)
	}
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.IntRange(1, 5).Draw(t, "window")
		events := map[reupload.Kind]uint64{}
		r, err := reupload.New(window, func(e reupload.Event) { events[e.Kind]++ })
		require.NoError(t, err)
		m := &model{window: window, r: r, sent: map[string]int{}}
		leave := func(how func(string) (string, bool), of *[]string) func(*rapid.T) {
			return func(t *rapid.T) {
				id := one(t, *of)
				next, ok := how(id)
				m.expect(t, id, next, ok)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"begin":              m.begin,
			"ack":                leave(r.Acked, &m.flying),
			"ack one waiting":    leave(r.Acked, &m.waiting),
			"unreadable":         leave(r.Unreadable, &m.flying),
			"unreadable waiting": leave(r.Unreadable, &m.waiting),
			"ack again": func(t *rapid.T) {
				_, ok := r.Acked(one(t, m.gone))
				require.False(t, ok)
			},
			"clear": func(t *rapid.T) {
				r.Clear()
				m.gone = slices.Concat(m.gone, m.flying, m.waiting)
				m.flying, m.waiting = nil, nil
			},
			"": m.check,
		})
		m.drain(t)
		require.Equal(t, r.Counts(), reupload.Counts{Started: events[reupload.Started], Completed: events[reupload.Completed]})
		require.Equal(t, r.Counts().Started-r.Counts().Completed, events[reupload.Cleared], "each ends once")
	})
}
