package links_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// loaded is a side whose store has n reports, r0 and so on the ids, and nothing
// else, whose peer is mute, and which is about to become active.
func loaded(t *testing.T, rt clock.Runtime, n int, adjust ...func(*side)) (*side, *parent) {
	t.Helper()
	x, p := active(t, rt, adjust...)
	x.hub.holding = true
	x.hub.cut("child")
	x.untilState(linkstate.AwaitingSetupAndPeer)
	p.speak()
	x.untilState(linkstate.AwaitingSetup)
	for _, id := range x.pending() { // the events of the loss
		x.store.Clear(id, nil)
	}
	for i := range n {
		require.NoError(t, x.Generate(&report{Header: reportHead(i), N: i}))
	}
	require.NoError(t, x.store.Flush())
	p.mute = true
	p.took()
	return x, p
}

// activate lets the link become active, whose own two events are acknowledged.
func activate(x *side, p *parent) {
	x.hub.holding = false
	x.hub.grant("child", 1)
	x.until("the reupload begins", func() bool { return x.link.State() == linkstate.Active })
	x.run(1)
	for _, m := range p.got {
		if !strings.HasPrefix(m.MessageID, "r") {
			p.ack(m.MessageID)
		}
	}
	x.run(1)
}

func started(x *side) string {
	return fmt.Sprintf("%d started, %d completed", x.counts().ReuploadsStarted, x.counts().ReuploadsCompleted)
}

func TestReupload(t *testing.T) {
	inVirtual(t, "GW-072, GW-073, GW-078 in the order of the store, a window of it; each ack sends one", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 8, window(5))
		activate(x, p)
		// The fully-subscribed event was stored last, and is sent as the ninth unless
		// its first ack has come: so only reports are looked at.
		require.Equal(t, []int{0, 1, 2, 3, 4}, p.reports())
		for i := range 3 {
			p.ack(fmt.Sprint("r", i))
			x.until("the next one", func() bool { return p.has(fmt.Sprint("r", 5+i)) })
			require.Equal(t, []int{5 + i}, p.reports())
		}
		p.release()
		x.untilDone()
		require.Equal(t, "2 started, 2 completed", started(x))
		x.stop()
	})
	inVirtual(t, "GW-074 an ack of one that waits removes it", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 4, window(1))
		activate(x, p)
		require.NoError(t, x.Forward(report{Header: reportHead(2), N: 2})) // it goes by itself too
		x.run(1)
		require.Equal(t, []int{0, 2}, p.reports())
		p.ack("r2")
		x.run(1)
		p.ack("r0")
		x.run(1)
		p.ack("r1")
		x.run(1)
		require.Equal(t, []int{1, 3}, p.reports())
		p.release()
		x.untilDone()
		x.stop()
	})
	inVirtual(t, "GW-075 new events are sent at once, and their acks do not advance it", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 4, window(2))
		activate(x, p)
		p.took()
		id := x.report(100)
		x.run(1)
		require.Equal(t, []int{100}, p.reports())
		p.ack(id)
		x.run(1)
		require.Empty(t, p.reports())
		require.NotContains(t, x.pending(), id)
		p.release()
		x.untilDone()
		x.stop()
	})
	inVirtual(t, "GW-076 with nothing pending none is counted", func(t *testing.T, v *clock.Virtual) {
		x, _ := active(t, v)
		require.Equal(t, "1 started, 1 completed", started(x))
		x.stop()
		x, _ = active(t, v, stored(eventstore.Nothing{}))
		require.Equal(t, "0 started, 0 completed", started(x))
		x.stop()
	})
	inVirtual(t, "GW-079 a loss clears it, the next activation begins anew, with what is stored then", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 10, window(3))
		activate(x, p)
		p.ack("r0")
		x.run(1)
		require.Equal(t, []int{0, 1, 2, 3}, p.reports())
		x.hub.cut("child")
		x.untilState(linkstate.Connecting)
		require.False(t, x.Reuploading())
		require.Equal(t, "2 started, 1 completed", started(x))
		require.Equal(t, "r1", x.pending()[0])
		p.mute = false
		x.untilState(linkstate.Active)
		x.untilDone()
		require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, p.reports())
		require.Equal(t, "3 started, 2 completed", started(x), "it exceeds what was completed")
		x.stop()
	})
	inVirtual(t, "GW-079 so does a timeout", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 3, window(2))
		activate(x, p)
		x.run(6 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		require.False(t, x.Reuploading())
		require.Equal(t, []int{0, 1}, p.reports())
		p.release()
		p.speak()
		x.untilDone()
		require.Equal(t, []int{0, 1, 2}, p.reports())
		x.stop()
	})
	inVirtual(t, "the loss of another link does not", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 6, window(2), func(x *side) { x.others = []links.LinkOptions{downLink} })
		activate(x, p)
		x.hub.cut("parent") // the connection of the link downstream
		x.run(s)
		require.True(t, x.Reuploading())
		p.release()
		x.untilDone()
		require.Subset(t, p.reports(), []int{0, 1, 2, 3, 4, 5})
		x.stop()
	})
	inVirtual(t, "GW-077 many more than the window", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 500, window(3))
		p.mute = false
		activate(x, p)
		x.untilDone()
		got := p.reports()
		slices.Sort(got)
		require.Len(t, slices.Compact(got), 500)
		require.Len(t, got, 500, "each once")
		x.stop()
	})
}

// What the store says after the link was lost is for nobody.
func TestReadAfterTheLinkWasLost(t *testing.T) {
	for name, hold := range map[string]func(d *double, fn func()){
		"the list":  func(d *double, fn func()) { d.listing = fn },
		"one event": func(d *double, fn func()) { d.reading = fn },
	} {
		inVirtual(t, name, func(t *testing.T, v *clock.Virtual) {
			disk := &double{Memory: eventstore.NewMemory(0), rt: v}
			x, p := loaded(t, v, 6, window(2), stored(disk))
			cut := false
			hold(disk, func() {
				if !cut {
					cut = true
					x.hub.cut("child")
					clock.Sleep(v, 10*ms)
				}
			})
			x.hub.holding = false
			x.hub.grant("child", 1)
			x.until("lost", func() bool { return x.link.State() == linkstate.Connecting })
			x.run(100 * ms)
			require.False(t, x.Reuploading())
			require.Empty(t, p.reports(), "nothing is sent on a link that is lost")
			require.Zero(t, x.link.Waiting())
			p.mute = false
			x.untilState(linkstate.Active)
			x.untilDone()
			require.Equal(t, []int{0, 1, 2, 3, 4, 5}, p.reports())
			x.stop()
		})
		inVirtual(t, name+", and it is back already", func(t *testing.T, v *clock.Virtual) {
			disk := &double{Memory: eventstore.NewMemory(0), rt: v}
			x, p := loaded(t, v, 6, window(2), stored(disk))
			slow := false
			hold(disk, func() {
				if !slow {
					slow = true
					clock.Sleep(v, 2*s)
				}
			})
			x.hub.holding, p.mute = false, false
			x.hub.grant("child", 1)
			x.untilState(linkstate.Active)
			x.hub.cut("child")
			x.untilState(linkstate.Connecting)
			x.untilState(linkstate.Active)
			x.untilDone()
			require.Equal(t, []int{0, 1, 2, 3, 4, 5}, p.reports(), "each once: what the first one asked for is dropped")
			x.stop()
		})
		inVirtual(t, name+", after a stop", func(t *testing.T, v *clock.Virtual) {
			disk := &double{Memory: eventstore.NewMemory(0), rt: v}
			x, p := loaded(t, v, 6, window(2), stored(disk))
			hold(disk, func() { clock.Sleep(v, 10*ms) })
			x.hub.holding = false
			x.hub.grant("child", 1)
			x.untilState(linkstate.Active)
			x.run(ms)
			before := started(x)
			x.stop()
			x.run(s)
			require.Equal(t, before, started(x))
			require.Empty(t, p.reports())
			require.Zero(t, x.link.Waiting())
		})
	}
}

// What a connection does not take is lost on the way.
func TestConnectionThatTakesNothing(t *testing.T) {
	inVirtual(t, "a reupload goes on after the timeout", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 6, window(2))
		x.hub.holding = false
		x.hub.of("child").refuses = errAway
		x.hub.grant("child", 1)
		x.run(4 * s)
		require.True(t, x.Reuploading())
		require.Equal(t, 2+2, x.link.Waiting(), "two of the window, and the events of the link")
		require.Equal(t, 4, strings.Count(x.log.String(), "an event is not sent"), "not one line for each that is stored")
		x.run(2 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		x.hub.of("child").refuses = nil
		p.mute = false
		p.speak()
		x.untilDone()
		require.Equal(t, []int{0, 1, 2, 3, 4, 5}, p.reports())
		x.stop()
	})
	inVirtual(t, "a new event is sent again after the timeout", func(t *testing.T, v *clock.Virtual) {
		x, p := active(t, v)
		x.hub.of("child").refuses = errAway
		x.report(1)
		x.hub.of("child").refuses = nil
		x.until("noticed", func() bool { return x.link.State() == linkstate.AwaitingPeer })
		x.untilDone()
		require.Equal(t, []int{1}, p.reports())
		x.stop()
	})
}
