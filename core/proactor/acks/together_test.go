package acks_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/acks"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/pings"
	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// side is one end of a link as it is joined of its parts: state, waits, pings,
// reupload, and a store that is a list.
type side struct {
	t      *testing.T
	loop   *loop.Loop
	link   *linkstate.Machine
	acks   *acks.Timers[string]
	pings  *pings.Pings
	upload *reupload.Reupload

	store     []string
	published []string
	timeouts  int
	cancelled []acks.Wait[string]
	seq       int
}

func newSide(t *testing.T, rt clock.Runtime) *side {
	t.Helper()
	s := &side{t: t, loop: loop.New(rt, loop.Options{})}
	var err error
	s.acks, err = acks.New(s.loop, acks.Options[string]{
		Delay:     5 * unit,
		OnTimeout: s.timedOut,
		Observers: []func(acks.Kind, acks.Wait[string]){func(k acks.Kind, _ acks.Wait[string]) {
			if k == acks.TimedOut {
				s.timeouts++
			}
		}},
	})
	require.NoError(t, err)
	s.pings, err = pings.New(s.loop, pings.Options{Link: "parent", Every: 60 * unit, Send: s.ping})
	require.NoError(t, err)
	s.upload, err = reupload.New(2)
	require.NoError(t, err)
	s.link = linkstate.New("parent", s.pings.Observe)
	return s
}

func (s *side) apply(inputs ...linkstate.Input) {
	s.t.Helper()
	for _, in := range inputs {
		tr, err := s.link.Apply(in)
		require.NoError(s.t, err)
		if tr.Activated() {
			for _, id := range s.upload.Begin(s.store) {
				s.publish(id)
			}
		}
		if tr.Deactivated() {
			s.cancelled = append(s.cancelled, s.acks.CancelAll("parent")...)
			s.upload.Clear()
		}
	}
}

// publish sends what requires an ack.
func (s *side) publish(id string) {
	s.published = append(s.published, id)
	s.pings.Sent()
	s.acks.Start("parent", id, "context of "+id)
}

func (s *side) ping() {
	s.seq++
	s.publish(fmt.Sprint("ping", s.seq))
}

// event publishes if that can reach the peer, and stores.
func (s *side) event(id string) {
	if s.link.State().ActiveForSend() {
		s.publish(id)
	}
	s.store = append(s.store, id)
}

func (s *side) timedOut(acks.Wait[string]) {
	s.apply(linkstate.ResponseTimeout)
	s.event(fmt.Sprint("timeout", s.timeouts))
}

// acked is a message from the peer that acknowledges one of ours.
func (s *side) acked(id string) {
	s.apply(linkstate.MessageFromPeer)
	if _, ok := s.acks.Acked("parent", id); !ok {
		return
	}
	for i, stored := range s.store {
		if stored == id {
			s.store = append(s.store[:i:i], s.store[i+1:]...)
			break
		}
	}
	if next, ok := s.upload.Acked(id); ok {
		s.publish(next)
	}
}

// answer is a message from the peer that requires an ack, which is sent.
func (s *side) answer(id string) {
	s.apply(linkstate.MessageFromPeer)
	s.published = append(s.published, "ack of "+id)
	s.pings.Sent()
}

func (s *side) run(units int) {
	s.loop.StopAfter(time.Duration(units)*unit, 0)
	s.loop.Run()
}

// up makes the link active.
func (s *side) up() {
	s.apply(linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast, linkstate.MessageFromPeer)
}

func TestAcksOfALink(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := newSide(t, rt)
		s.up()
		s.answer("question")
		require.Zero(t, s.acks.Waiting("parent"), "GW-046 an ack requires none")
		s.ping()
		require.Equal(t, 1, s.acks.Waiting("parent"), "GW-046 a ping does")
		s.acked("ping1")
		require.Zero(t, s.acks.Waiting("parent"))
		require.Equal(t, []string{"ack of question", "ping1"}, s.published)

		s.event("e1")
		s.event("e2")
		s.acked("e1")
		require.Equal(t, []string{"e2"}, s.store, "GW-053 acked in time, an event leaves the store")
		s.acked("e2")
		s.run(7)
		require.Empty(t, s.store)
		require.Zero(t, s.timeouts, "GW-053")
	})
}

func TestTimeoutOfALink(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := newSide(t, rt)
		s.store = []string{"e1", "e2", "e3", "e4"}
		s.up()
		s.event("new")
		require.Equal(t, []string{"e1", "e2", "new"}, s.published)
		s.acked("e1")
		s.acked("e2")
		s.run(6)
		require.Equal(t, linkstate.AwaitingPeer, s.link.State(), "GW-056")
		require.Equal(t, 1, s.timeouts, "GW-056 counted")
		require.Equal(t, []string{"e1", "e2", "new", "e3", "e4", "timeout1"}, s.published, "GW-056 an event says so, and is sent")
		require.False(t, s.upload.InProgress(), "GW-056 the reupload is cleared")
		require.Equal(t, []string{"parent/e3 context of e3", "parent/e4 context of e4"}, briefly(s.cancelled...), "GW-052 GW-056")
		require.Equal(t, []string{"e3", "e4", "new", "timeout1"}, s.store, "GW-056 the store is not touched")
		require.Equal(t, 1, s.acks.Waiting("parent"), "what was sent since is waited for")

		s.published = nil
		s.acked("new") // too late
		require.Equal(t, linkstate.Active, s.link.State(), "GW-057 any message makes it active")
		require.Equal(t, []string{"e3", "e4"}, s.published, "GW-057 all that is stored is sent again")
		require.Equal(t, []string{"e3", "e4", "new", "timeout1"}, s.store, "GW-054 what was acked too late stays")
		s.acked("e3")
		s.acked("e4")
		require.Equal(t, []string{"e3", "e4", "new", "timeout1"}, s.published, "GW-054 and is sent again")
		s.acked("new")
		s.acked("timeout1")
		require.Empty(t, s.store)
		require.Equal(t, reupload.Counts{Started: 2, Completed: 1}, s.upload.Counts(), "GW-079")
	})
}

// A silent peer is noticed by a ping that is not acknowledged.
func TestSilentPeer(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := newSide(t, v)
		s.up()
		s.run(64)
		require.Equal(t, linkstate.Active, s.link.State(), "GW-063 nothing else notices")
		s.run(2)
		require.Equal(t, linkstate.AwaitingPeer, s.link.State(), "GW-063")
		require.Equal(t, []string{"ping1", "timeout1"}, s.published)
	})
}
