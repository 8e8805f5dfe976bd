package proactor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/hubtape/hubtape/core/proactor/stats"
	"github.com/hubtape/hubtape/sim"
)

// report is an event of the applications here.
type report struct {
	events.Header
	N int
}

// command goes down the tree.
type command struct{ Watts int }

// member is a proactor of a tree, with what the tests look at.
type member struct {
	*proactor.Proactor
	disk    *eventstore.Memory
	got     []string // events that peers sent, type and id
	holding bool     // acks of events are withheld
	held    []func()
}

// peer is a link of a member.
type peer struct {
	name, long, short, self string
	up, down                bool
}

var (
	toParent = peer{name: "parent", long: "hw1", short: "p", self: "c", up: true}
	toChild  = peer{name: "child", long: "hw1.child", short: "c", self: "p", down: true}
)

func newCodec(t *testing.T) *codec.Codec {
	t.Helper()
	c := codec.New(codec.Options{})
	require.NoError(t, codec.Register[report](c, "report.event", "000"))
	require.NoError(t, codec.Register[command](c, "send.command", "000"))
	return c
}

// newMember makes a proactor with links to peers; adjust may change its options.
func newMember(t *testing.T, name string, adjust func(*proactor.Options), peers ...peer) *member {
	t.Helper()
	m := &member{disk: eventstore.NewMemory(0)}
	s := settings.Default()
	s.Links = map[string]settings.Link{}
	for _, p := range peers {
		s.Links[p.name] = settings.Link{
			Enabled: true, PeerLongName: p.long, PeerShortName: p.short, SubscriptionShortName: p.self, Upstream: p.up, Downstream: p.down,
		}
	}
	o := proactor.Options{
		Name: name, Settings: &s, Codec: newCodec(t),
		Store: func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) { return m.disk, nil, nil },
		Rest:  m.take,
	}
	if adjust != nil {
		adjust(&o)
	}
	var err error
	m.Proactor, err = proactor.New(o)
	require.NoError(t, err)
	return m
}

// take notes an event, and holds its ack back where acks are withheld.
func (m *member) take(got proactor.Message) error {
	m.got = append(m.got, got.MessageType+" "+got.MessageID)
	if m.holding {
		m.held = append(m.held, got.Hold())
	}
	return nil
}

// release acknowledges what was held back.
func (m *member) release() {
	m.holding = false
	for _, done := range m.held {
		done()
	}
	m.held = nil
}

func (m *member) link(t *testing.T, name string) *links.Link {
	t.Helper()
	one, err := m.Links().Get(name)
	require.NoError(t, err)
	return one
}

func (m *member) state(t *testing.T, name string) linkstate.State { return m.link(t, name).State() }

// comm is how often an event about a link was generated, by the end of its type.
func (m *member) comm(t *testing.T, link, kind string) int {
	t.Helper()
	counts, err := m.Stats().Link(link)
	require.NoError(t, err)
	return counts.CommEvents.Of("gridworks.event.comm." + kind)
}

func (m *member) counts(t *testing.T, link string) *stats.Link {
	t.Helper()
	counts, err := m.Stats().Link(link)
	require.NoError(t, err)
	return counts
}

// reports are the events of a type among those a member got.
func (m *member) of(kind string) (ids []string) {
	for _, g := range m.got {
		if id, ok := strings.CutPrefix(g, kind+" "); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// world runs members, each under its name.
func world(t *testing.T, seed uint64, members ...*member) *sim.World {
	t.Helper()
	w, err := sim.New(sim.Options{Seed: seed})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	for _, m := range members {
		require.NoError(t, w.AddNamedApp(m.Name(), m))
	}
	return w
}

func advance(t *testing.T, w *sim.World, d time.Duration) {
	t.Helper()
	require.NoError(t, w.Advance(d))
}

// closed reports whether a member has let its store go.
func (m *member) closed() bool {
	_, err := m.disk.Reindex()
	return errors.Is(err, eventstore.ErrClosed)
}

// open is the member's store, or what one finds that starts again.
func (m *member) open() *eventstore.Memory {
	if m.closed() {
		return m.disk.Reopen(0)
	}
	return m.disk
}

// told is what a member has stored, all in one text.
func (m *member) told(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	disk := m.open()
	for _, id := range disk.Pending() {
		text, _, err := disk.Retrieve(id)
		require.NoError(t, err)
		all.Write(text)
		all.WriteByte('\n')
	}
	return all.String()
}
