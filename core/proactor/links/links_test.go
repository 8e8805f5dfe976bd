package links_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/client"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/reupload"
	"github.com/hubtape/hubtape/mqtt"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(o *links.Options)
		want  string
	}{
		"no name":                 {func(o *links.Options) { o.Name = "" }, "they have no Name"},
		"a name of no topic":      {func(o *links.Options) { o.Name = "hw/#" }, "the Name: "},
		"a name that is no UTF-8": {func(o *links.Options) { o.Name = "hw\xff" }, "the Name: "},
		"no Dial":                 {func(o *links.Options) { o.Dial = nil }, "Dial, Codec, Store and NewID are needed"},
		"no Codec":                {func(o *links.Options) { o.Codec = nil }, "Dial, Codec, Store and NewID are needed"},
		"no Store":                {func(o *links.Options) { o.Store = nil }, "Dial, Codec, Store and NewID are needed"},
		"no NewID":                {func(o *links.Options) { o.NewID = nil }, "Dial, Codec, Store and NewID are needed"},
		"a Codec without events":  {func(o *links.Options) { o.Codec = codec.New(codec.Options{}) }, "hand the Codec to events.Register"},
		"a negative ack timeout":  {func(o *links.Options) { o.AckTimeout = -1 }, "an ack delay of -1ns"},
		"GW-086 a window below 1": {func(o *links.Options) { o.Window = -1 }, "a reupload window of -1"},
	} {
		inVirtual(t, name, func(t *testing.T, v *clock.Virtual) {
			o := newSide(t, v).options
			c.spoil(&o)
			_, err := links.New(loop.New(v, loop.Options{}), o)
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, links.ErrOptions)
		})
	}
	inVirtual(t, "what may be left out", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, func(x *side) {
			x.options.Stats, x.options.Logs, x.options.Handle, x.options.Observers = nil, nil, nil, nil
		})
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		x.stop()
	})
	inVirtual(t, "the window that is the default", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 8)
		activate(x, p)
		require.Equal(t, []int{0, 1, 2, 3, 4}, p.reports())
		require.Equal(t, 5, links.WindowDefault)
		x.stop()
		_, err := reupload.New(0)
		require.Error(t, err, "zero is not passed on")
	})
}

func TestAdd(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(o *links.LinkOptions)
		want  error
	}{
		"GW-043 a second upstream":        {func(o *links.LinkOptions) { o.Name = "other" }, linkstate.ErrRole},
		"GW-043 a repeated name":          {func(o *links.LinkOptions) { o.Role = linkstate.Plain }, linkstate.ErrExists},
		"GW-044 upstream and downstream":  {func(o *links.LinkOptions) { o.Role = linkstate.Downstream }, linkstate.ErrExists},
		"no name":                         {func(o *links.LinkOptions) { o.Name = "" }, linkstate.ErrInvalid},
		"no Peer":                         {func(o *links.LinkOptions) { o.Peer = "" }, links.ErrOptions},
		"no Self":                         {func(o *links.LinkOptions) { o.Self = "" }, links.ErrOptions},
		"no PeerShort":                    {func(o *links.LinkOptions) { o.PeerShort = "" }, links.ErrOptions},
		"a Peer that makes no topic":      {func(o *links.LinkOptions) { o.Peer = "a/b" }, links.ErrOptions},
		"a Peer that is no UTF-8":         {func(o *links.LinkOptions) { o.Peer = "\xff" }, links.ErrOptions},
		"a PeerShort that makes no topic": {func(o *links.LinkOptions) { o.PeerShort = "+" }, links.ErrOptions},
	} {
		inVirtual(t, name, func(t *testing.T, v *clock.Virtual) {
			x := newSide(t, v)
			first := x.add(upLink)
			o := upLink
			c.spoil(&o)
			_, err := x.Add(o)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, []*links.Link{first}, x.All(), "nothing was added")
			require.Same(t, first, x.Upstream())
			require.Len(t, x.stats.Links(), 1)
		})
	}
	inVirtual(t, "GW-177 a QoS that is none", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		o := upLink
		o.QoS = 3
		_, err := x.Add(o)
		require.ErrorContains(t, err, "QoS 3")
		require.Nil(t, x.Upstream())
	})
	inVirtual(t, "a negative poll interval", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, func(x *side) { x.options.Poll = -s })
		_, err := x.Add(upLink)
		require.Error(t, err)
	})
	inVirtual(t, "a negative pause", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, func(x *side) { x.options.ReconnectMax = -s })
		_, err := x.Add(upLink)
		require.ErrorIs(t, err, client.ErrOptions)
	})
	inVirtual(t, "the longest pause", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, func(x *side) { x.options.ReconnectMax = 3 * s })
		x.hub.away = true
		x.begin()
		x.run(100 * s)
		x.hub.away = false
		x.run(2 * s)
		require.Equal(t, linkstate.AwaitingPeer, x.link.State())
		x.stop()
	})
	inVirtual(t, "several, by their names", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		up, down := x.add(upLink), x.add(downLink)
		require.Equal(t, []*links.Link{up, down}, x.All())
		got, err := x.Get("child")
		require.NoError(t, err)
		require.Same(t, down, got)
		require.Equal(t, linkstate.Downstream, got.Role())
		require.Equal(t, "gw/hw1-child/to/p/#", got.Filter())
		_, err = x.Get("other")
		require.ErrorIs(t, err, linkstate.ErrMissing)
		require.EqualError(t, err, `link "other": there is no such link: add it first`)
	})
	inVirtual(t, "links that are made anew go on counting where others did", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v).begin()
		x.untilState(linkstate.AwaitingPeer)
		x.stop()
		x.link = nil
		x.make().begin()
		x.untilState(linkstate.AwaitingPeer)
		require.Equal(t, "connect 2, subscribed 2, active 0, timeout 0, disconnect 0", x.comm())
		x.stop()
	})
}

func TestStartAndStop(t *testing.T) {
	inVirtual(t, "once, and links are added before", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v).begin()
		require.ErrorIs(t, x.Start(), links.ErrStarted)
		_, err := x.Add(downLink)
		require.ErrorIs(t, err, links.ErrStarted)
		x.untilState(linkstate.AwaitingPeer)
		x.stop()
		x.stop()
		require.Equal(t, linkstate.Stopped, x.link.State())
		require.ErrorIs(t, x.Start(), links.ErrStarted)
		_, err = x.Add(downLink)
		require.ErrorIs(t, err, links.ErrStarted)
		require.True(t, x.hub.of("child").dead)
	})
	inVirtual(t, "stopped before the start", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		x.add(upLink)
		x.stop()
		require.Equal(t, linkstate.Stopped, x.link.State())
	})
	inVirtual(t, "nothing goes on after a stop", func(t *testing.T, v *clock.Virtual) {
		x, p := loaded(t, v, 20)
		activate(x, p)
		require.True(t, x.Reuploading())
		x.stop()
		require.False(t, x.Reuploading())
		require.Zero(t, x.link.Waiting())
		p.took()
		moves := len(x.moves)
		x.hub.conns = []*conn{p.conn}
		x.run(100 * s)
		require.Empty(t, p.got)
		require.Len(t, x.moves, moves)
		require.Zero(t, x.counts().Timeouts)
	})
}

// Two sides of the package, one upstream of the other, each with a link.
func TestBothSides(t *testing.T) {
	on(t, "GW-089 child and parent find each other, and each counts for itself", func(t *testing.T, rt clock.Runtime) {
		child := newSide(t, rt)
		up := *child // the same world
		parent := (&up).make(func(x *side) {
			x.options.Name, x.options.Stats = "hw1", nil
			x.got, x.moves, x.ids, x.link = nil, nil, nil, nil
		})
		child.begin()
		child.untilState(linkstate.AwaitingPeer)
		parent.add(downLink)
		require.NoError(t, parent.Start())
		both := func() bool {
			return child.link.State() == linkstate.Active && parent.link.State() == linkstate.Active &&
				child.store.NumPending() == 0
		}
		child.until("both are active", both)
		require.Equal(t, "connect 1, subscribed 1, active 1, timeout 0, disconnect 0", child.comm())
		id := child.report(5)
		child.until("the report has come", func() bool { return parent.got[len(parent.got)-1].MessageID == id })
		require.Equal(t, 5, parent.got[len(parent.got)-1].Payload.(report).N)
		require.NoError(t, parent.link.Send(links.Outgoing{Payload: command{4500}, AckRequired: true}))
		child.until("the command has come", func() bool { return len(child.got) == 1 })
		require.Equal(t, command{4500}, child.got[0].Payload)
		child.stop()
		parent.stop()
	})
	inVirtual(t, "GW-092 both lose it", func(t *testing.T, v *clock.Virtual) {
		child := newSide(t, v)
		up := *child
		parent := (&up).make(func(x *side) { x.options.Name, x.options.Stats, x.link = "hw1", nil, nil })
		child.begin()
		parent.add(downLink)
		require.NoError(t, parent.Start())
		for range 3 {
			child.run(10 * s)
			require.Equal(t, linkstate.Active, child.link.State())
			require.Equal(t, linkstate.Active, parent.link.State())
			child.hub.cut("child")
			child.hub.cut("parent")
		}
		child.run(10 * s)
		require.Equal(t, "connect 4, subscribed 4, active 4, timeout 0, disconnect 3", child.comm())
		require.Zero(t, child.store.NumPending())
		child.stop()
		parent.stop()
	})
}

func TestQoS(t *testing.T) {
	inVirtual(t, "of what is published", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		var qos []byte
		x.hub.lose = func(m mqtt.Message) bool {
			qos = append(qos, m.QoS)
			return false
		}
		o := upLink
		o.QoS = 1
		x.add(o)
		require.NoError(t, x.Start())
		x.untilState(linkstate.AwaitingPeer)
		require.Equal(t, []byte{1, 1}, qos)
		x.stop()
	})
}
