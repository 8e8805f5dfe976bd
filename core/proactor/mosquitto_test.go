package proactor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// patience bounds a test that hangs; none takes that long.
const patience = time.Minute

func inTime(t *testing.T) context.Context {
	t.Helper()
	clocktest.NotInDigest(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestOverMosquitto(t *testing.T) {
	t.Run("GW-090 parent first, without TLS", func(t *testing.T) {
		ctx := inTime(t)
		h := newHub(t)
		h.start(t, ctx)
		findEachOther(t, ctx, run(t, ctx, newParent(t, h.through(nil))), newChild(t, h.through(nil), boltStore(eventFile(t))))
	})
	t.Run("GW-090 parent first, with TLS", func(t *testing.T) {
		ctx := inTime(t)
		house := newAuthority(t)
		h := newHub(t, house.server(t)...)
		h.start(t, ctx)
		parent := newParent(t, h.through(house.client(t, "parent")))
		findEachOther(t, ctx, run(t, ctx, parent), newChild(t, h.through(house.client(t, "child")), boltStore(eventFile(t))))
	})
	t.Run("GW-172 both before the broker", func(t *testing.T) {
		ctx := inTime(t)
		h := newHub(t)
		parent, child := run(t, ctx, newParent(t, h.through(nil))), run(t, ctx, newChild(t, h.through(nil)))
		child.log.await(t, ctx, 1, "cannot connect", "again_in=2s")
		parent.log.await(t, ctx, 1, "cannot connect", "again_in=2s")
		h.start(t, ctx)
		child.until(t, ctx, "all it stored is at its parent", func() bool { return child.settled(t) })
	})
}

// findEachOther runs a child until its parent, which is there, has all it stored.
func findEachOther(t *testing.T, ctx context.Context, parent *live, m *member) {
	t.Helper()
	child := run(t, ctx, m)
	child.until(t, ctx, "all it stored is at its parent", func() bool { return child.settled(t) })
	parent.until(t, ctx, "its link is active", func() bool { return parent.state(t, "child") == linkstate.Active })
	child.end(t, ctx)
	parent.end(t, ctx)
	require.Equal(t, 1, child.comm(t, "parent", "peer.active"))
	require.Equal(t, 3, child.counts(t, "parent").CommEvents.Total())
	require.Len(t, parent.of("gridworks.event.startup"), 1)
}

func TestBrokerIsNotTrusted(t *testing.T) {
	ctx := inTime(t)
	house, stranger := newAuthority(t), newAuthority(t)
	h := newHub(t, house.server(t)...)
	h.start(t, ctx)
	paths := house.client(t, "child")
	paths.CACert = stranger.file("ca.crt")
	require.Contains(t, goesOn(t, ctx, h, paths), "certificate signed by unknown authority")
}

// With TLS 1.3 a client has sent its CONNECT before it hears that its certificate
// is refused, and may hear first that nobody reads that any more.
func TestBrokerRefusesTheCertificate(t *testing.T) {
	const refused = "tls: unknown certificate authority|tls: certificate required|reset by peer|broken pipe|EOF"
	for name, show := range map[string]func(t *testing.T, house *authority) *settings.TLSPaths{
		"another authority's": func(t *testing.T, _ *authority) *settings.TLSPaths { return newAuthority(t).client(t, "child") },
		"none":                func(*testing.T, *authority) *settings.TLSPaths { return &settings.TLSPaths{} },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := inTime(t)
			house := newAuthority(t)
			h := newHub(t, house.server(t)...)
			h.start(t, ctx)
			paths := show(t, house)
			paths.CACert = house.file("ca.crt")
			require.Regexp(t, refused, goesOn(t, ctx, h, paths))
		})
	}
}

// goesOn runs a child that cannot connect: it says why, which is returned, tries
// again, and does all else meanwhile.
func goesOn(t *testing.T, ctx context.Context, h *hub, paths *settings.TLSPaths) (why string) {
	t.Helper()
	handled := 0
	count := setup(func(p *proactor.Proactor) error {
		return proactor.On(p, func(proactor.Message, tick) error {
			handled++
			return nil
		})
	})
	child := run(t, ctx, newChild(t, h.through(paths), count))
	why = child.log.await(t, ctx, 1, "cannot connect", "link=parent", "again_in=2s")
	child.SendFrom(codec.Message{Payload: tick{}})
	child.until(t, ctx, "messages are processed", func() bool { return handled == 1 })
	child.log.await(t, ctx, 2, "cannot connect", "link=parent")
	child.until(t, ctx, "it still connects", func() bool { return child.state(t, "parent") == linkstate.Connecting })
	child.end(t, ctx)
	require.Zero(t, child.counts(t, "parent").CommEvents.Total())
	return why
}

// TestBrokerIsKilled: while a child reports all the time its broker is killed
// again and again, and the child itself is stopped once and starts anew on what it
// had stored.
func TestBrokerIsKilled(t *testing.T) {
	o := newOrdeal(t)
	first := o.child(t)
	o.kill(t, first, 1, 0)
	o.hub.start(t, o.ctx)
	o.kill(t, first, 2, 700)
	o.hub.start(t, o.ctx)
	o.kill(t, first, 3, 0)
	first.end(t, o.ctx)
	second := o.child(t)
	o.hub.start(t, o.ctx)
	o.kill(t, second, 1, 700)
	o.hub.start(t, o.ctx)
	o.kill(t, second, 2, 0)
	o.hub.start(t, o.ctx)

	o.parent.hears(t, o.ctx, 700)
	told := first.counts(t, "parent").CommEvents.Total()
	second.until(t, o.ctx, "its store is empty", func() bool {
		o.diary.full = true
		return second.settled(t)
	})
	o.parent.end(t, o.ctx)
	second.end(t, o.ctx)

	reports := o.parent.of("report.event")
	o.diary.check(t, reports)
	require.Len(t, firsts(o.parent.of("gridworks.event.startup")), 2, "each child's")
	require.Len(t, firsts(o.parent.of("gridworks.event.shutdown")), 1, "the first child's")
	require.Len(t, firsts(o.parent.commEvents()), told+second.counts(t, "parent").CommEvents.Total())
	left := storedIn(t, o.events)
	require.Len(t, left, 1)
	require.Contains(t, left[0], "gridworks.event.shutdown", "which nobody was there to hear")
	t.Logf("%d reports, %d of them only stored at first; %d came again", len(o.diary.ids), o.diary.alone(), len(reports)-len(o.diary.ids))
}

// ordeal is what a child goes through.
type ordeal struct {
	ctx    context.Context
	house  *authority
	hub    *hub
	parent *live
	diary  *diary
	events string // the child's file
}

// newOrdeal begins with a hub and the parent.
func newOrdeal(t *testing.T) *ordeal {
	t.Helper()
	o := &ordeal{ctx: inTime(t), house: newAuthority(t), diary: newDiary(), events: eventFile(t)}
	o.hub = newHub(t, o.house.server(t)...)
	o.hub.start(t, o.ctx)
	o.parent = run(t, o.ctx, newParent(t, o.hub.through(o.house.client(t, "parent"))))
	return o
}

// child runs one that reports, on the events that are stored.
func (o *ordeal) child(t *testing.T) *live {
	t.Helper()
	m := newChild(t, o.hub.through(o.house.client(t, "child")), boltStore(o.events))
	require.NoError(t, m.Add(&reporter{t: t, of: m, diary: o.diary}))
	return run(t, o.ctx, m)
}

// kill ends the hub when the child's link has become active for the nth time, and
// its parent has heard so many reports since. With none of them the child is just
// sending again what it has stored.
func (o *ordeal) kill(t *testing.T, child *live, activation, reports int) {
	t.Helper()
	child.until(t, o.ctx, "its link is active", func() bool { return child.comm(t, "parent", "peer.active") >= activation })
	o.parent.hears(t, o.ctx, reports)
	o.hub.kill()
}
