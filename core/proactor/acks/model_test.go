package acks_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
)

// model is what is waited for, in the order it was started, and what has ended.
type model struct {
	now   time.Duration
	waits []acks.Wait[int]
	ended []string
}

func (m *model) find(link, id string) int {
	return slices.IndexFunc(m.waits, func(w acks.Wait[int]) bool { return w.Link == link && w.ID == id })
}

func (m *model) end(t *rapid.T, how acks.Kind, link, id string, got acks.Wait[int], ok bool) {
	i := m.find(link, id)
	require.Equal(t, i >= 0, ok)
	if ok {
		require.Equal(t, m.waits[i], got)
		m.note(how, got)
		m.waits = slices.Delete(m.waits, i, i+1)
	}
}

func (m *model) note(how acks.Kind, w acks.Wait[int]) {
	m.ended = append(m.ended, fmt.Sprintf("%v: %s/%s %d %v", m.now, w.Link, w.ID, w.Context, how))
}

func (m *model) start(w acks.Wait[int]) {
	if i := m.find(w.Link, w.ID); i >= 0 {
		m.note(acks.Cancelled, m.waits[i])
		m.waits = slices.Delete(m.waits, i, i+1)
	}
	w.Started = m.now
	m.waits = append(m.waits, w)
}

// pass lets time go on, and what is due until then time out, the earliest and of
// one instant the one started first.
func (m *model) pass(until time.Duration) {
	for {
		due := func(w acks.Wait[int]) time.Duration { return w.Started + w.Delay }
		first := -1
		for i, w := range m.waits {
			if due(w) <= until && (first < 0 || due(w) < due(m.waits[first])) {
				first = i
			}
		}
		if first < 0 {
			m.now = until
			return
		}
		m.now = due(m.waits[first])
		m.note(acks.TimedOut, m.waits[first])
		m.waits = slices.Delete(m.waits, first, first+1)
	}
}

func (m *model) cancelAll(link string) (records []acks.Wait[int]) {
	for _, w := range m.waits {
		if w.Link == link {
			records = append(records, w)
			m.note(acks.Cancelled, w)
		}
	}
	m.waits = slices.DeleteFunc(m.waits, func(w acks.Wait[int]) bool { return w.Link == link })
	return records
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := clock.NewVirtual(clock.VirtualOptions{})
		defer v.Close()
		require.NoError(t, v.Run("test", func() { againstModel(t, v) }))
	})
}

func againstModel(t *rapid.T, v *clock.Virtual) {
	var ended []string
	l := loop.New(v, loop.Options{})
	w, err := acks.New(l, acks.Options[int]{Observers: []func(acks.Kind, acks.Wait[int]){func(k acks.Kind, x acks.Wait[int]) {
		if k != acks.Started {
			ended = append(ended, fmt.Sprintf("%v: %s/%s %d %v", v.Now(), x.Link, x.ID, x.Context, k))
		}
	}}})
	require.NoError(t, err)
	m := &model{}
	for n := range rapid.IntRange(0, 40).Draw(t, "steps") {
		link := rapid.SampledFrom([]string{"parent", "child"}).Draw(t, "link")
		id := rapid.SampledFrom([]string{"m1", "m2", "m3", "m4"}).Draw(t, "id")
		switch rapid.SampledFrom([]string{"start", "start", "start", "ack", "cancel", "cancel all", "pass"}).Draw(t, "do") {
		case "start":
			delay := time.Duration(rapid.IntRange(0, 5).Draw(t, "delay")) * time.Second
			w.StartFor(delay, link, id, n)
			m.start(acks.Wait[int]{Link: link, ID: id, Delay: delay, Context: n})
		case "ack":
			x, ok := w.Acked(link, id)
			m.end(t, acks.Acked, link, id, x, ok)
		case "cancel":
			x, ok := w.Cancel(link, id)
			m.end(t, acks.Cancelled, link, id, x, ok)
		case "cancel all":
			require.Equal(t, m.cancelAll(link), w.CancelAll(link))
		case "pass":
			d := time.Duration(rapid.IntRange(0, 3).Draw(t, "pass")) * time.Second
			m.pass(v.Now() + d)
			l.StopAfter(d, 0)
			l.Run()
		}
		require.Equal(t, m.ended, ended)
		require.Equal(t, len(m.waits), w.Waiting("parent")+w.Waiting("child"))
	}
}
