package links_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/stats"
)

const (
	s  = time.Second
	ms = time.Millisecond
)

// report is an event of the applications here, and command a message.
type (
	report struct {
		events.Header
		N int
	}
	command struct{ Watts int }
)

func newCodec() *codec.Codec {
	c := codec.New(codec.Options{})
	for _, err := range []error{
		events.Register(c), codec.Register[report](c, "report.event", "000"), codec.Register[command](c, "send.command", "000"),
	} {
		if err != nil {
			panic(err)
		}
	}
	return c
}

// Both ends of the link of these tests.
var (
	upLink = links.LinkOptions{
		Name: "parent", Role: linkstate.Upstream, Peer: "hw1", PeerShort: "p", Self: "c",
		Broker: link.DialOptions{ClientID: "child"},
	}
	downLink = links.LinkOptions{
		Name: "child", Role: linkstate.Downstream, Peer: "hw1.child", PeerShort: "c", Self: "p",
		Broker: link.DialOptions{ClientID: "parent"},
	}
)

// side is the links of a child, in a world with a hub; its parent is played by a
// parent, or by another side.
type side struct {
	*links.Links
	t       require.TestingT
	rt      clock.Runtime
	loop    *loop.Loop
	hub     *hub
	store   *eventstore.Queue
	stats   *stats.Stats
	link    *links.Link // the first one
	got     []codec.Message
	moves   []string
	ids     []string // that were given out
	log     bytes.Buffer
	options links.Options
	others  []links.LinkOptions // links beside the one upstream
}

// newSide makes a side named hw1.child with a link to its parent, not started.
func newSide(t require.TestingT, rt clock.Runtime, adjust ...func(*side)) *side {
	x := &side{t: t, rt: rt, loop: loop.New(rt, loop.Options{}), hub: &hub{rt: rt}, stats: stats.New()}
	return x.make(adjust...)
}

func (x *side) make(adjust ...func(*side)) *side {
	written, err := logs.Open(logs.Options{Screen: &x.log})
	require.NoError(x.t, err)
	x.options = links.Options{
		Name: "hw1.child", Dial: x.hub.dial, Codec: newCodec(), NewID: x.newID, Stats: x.stats, Logs: written,
		Handle: func(k *links.Link, m codec.Message) {
			x.got = append(x.got, m)
			k.Done(m)
		},
		Observers: []func(linkstate.Transition){func(t linkstate.Transition) { x.moves = append(x.moves, t.String()) }},
	}
	for _, fn := range adjust {
		fn(x)
	}
	if x.options.Store == nil {
		x.keep(eventstore.NewMemory(0))
	}
	x.Links, err = links.New(x.loop, x.options)
	require.NoError(x.t, err)
	x.store = x.options.Store
	return x
}

// keep lets a side keep its events in a store.
func (x *side) keep(in eventstore.Store) { x.options.Store = eventstore.NewQueue(x.loop, in) }

func window(n int) func(*side) { return func(x *side) { x.options.Window = n } }

func stored(in eventstore.Store) func(*side) { return func(x *side) { x.keep(in) } }

func (x *side) newID() string {
	x.ids = append(x.ids, fmt.Sprint("id", len(x.ids)+1))
	return x.ids[len(x.ids)-1]
}

// add adds a link.
func (x *side) add(o links.LinkOptions) *links.Link {
	one, err := x.Add(o)
	require.NoError(x.t, err)
	if x.link == nil {
		x.link = one
	}
	return one
}

// begin adds the link upstream and starts.
func (x *side) begin() *side {
	x.add(upLink)
	for _, o := range x.others {
		x.add(o)
	}
	require.NoError(x.t, x.Start())
	return x
}

func (x *side) run(d time.Duration) {
	x.loop.StopAfter(d, 0)
	x.loop.Run()
}

// until runs the loop until something holds.
func (x *side) until(what string, condition func() bool) {
	require.NoError(x.t, x.loop.RunUntil(condition, clock.In(x.rt, 10*s)), what)
}

// untilState runs the loop until the first link is in a state.
func (x *side) untilState(state linkstate.State) {
	x.until(state.String(), func() bool { return x.link.State() == state })
}

// untilDone runs the loop until the peer has everything.
func (x *side) untilDone() {
	x.until("the peer has everything", func() bool {
		return x.store.NumPending() == 0 && x.link.Waiting() == 0 && !x.Reuploading()
	})
}

// report generates one, and returns its id.
func (x *side) report(n int) string {
	r := &report{N: n}
	require.NoError(x.t, x.Generate(r))
	return r.MessageID
}

// pending are the ids of what is stored.
func (x *side) pending() (ids []string) {
	done := false
	x.store.Pending(func(all []string) { ids, done = all, true })
	x.until("the store answers", func() bool { return done })
	return ids
}

func (x *side) counts() *stats.Link {
	c, err := x.stats.Link("parent")
	require.NoError(x.t, err)
	return c
}

// comm is how often events about the link were generated.
func (x *side) comm() string {
	c := x.counts().CommEvents
	n := func(kind string) int { return c.Of("gridworks.event.comm." + kind) }
	return fmt.Sprintf("connect %d, subscribed %d, active %d, timeout %d, disconnect %d",
		n("mqtt.connect"), n("mqtt.fully.subscribed"), n("peer.active"), n("response.timeout"), n("mqtt.disconnect"))
}

func (x *side) stop() { require.NoError(x.t, x.Stop()) }

// inVirtual runs a body where instants are exact.
func inVirtual(t *testing.T, name string, body func(t *testing.T, v *clock.Virtual)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { clocktest.Virtual(t, clock.VirtualOptions{}, body) })
}

// on runs a body on both runtimes.
func on(t *testing.T, name string, body func(t *testing.T, rt clock.Runtime)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { clocktest.Runtimes(t, body) })
}

// reportHead is the header of a report whose id is r0, r1 and so on.
func reportHead(i int) events.Header { return events.Header{MessageID: fmt.Sprint("r", i)} }
