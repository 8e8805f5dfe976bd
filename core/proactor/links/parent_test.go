package links_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/mqtt"
)

// parent is a peer that acknowledges what it is asked to, unless it is mute.
type parent struct {
	x     *side
	conn  *conn
	codec *codec.Codec
	got   []codec.Message
	mute  bool
	held  []string      // ids that it should have acknowledged
	lag   time.Duration // before an ack
	twice bool          // acks come twice
}

// newParent subscribes to what the child says.
func newParent(x *side) *parent {
	p := &parent{x: x, codec: newCodec()}
	updates := x.loop.NewUpdater(p.read, true)
	p.conn = &conn{hub: x.hub, id: "hw1", wake: updates.Trigger, filters: []string{"gw/hw1-child/to/p/#"}}
	x.hub.conns = append(x.hub.conns, p.conn)
	return p
}

func (p *parent) read() {
	for a, ok := p.conn.Receive(); ok; a, ok = p.conn.Receive() {
		m, err := p.codec.Decode(a.Message.Topic, a.Message.Payload)
		require.NoError(p.x.t, err)
		p.got = append(p.got, m)
		switch {
		case !m.AckRequired:
		case p.mute:
			p.held = append(p.held, m.MessageID)
		case p.lag > 0:
			p.x.loop.After(p.lag, func() { p.ack(m.MessageID) })
		default:
			p.ack(m.MessageID)
		}
	}
}

func (p *parent) ack(id string) {
	p.say(codec.Message{Payload: codec.Ack{AckMessageID: id}})
	if p.twice {
		p.say(codec.Message{Payload: codec.Ack{AckMessageID: id}})
	}
}

// release acknowledges what was held back, and what comes.
func (p *parent) release() {
	p.mute = false
	for _, id := range p.held {
		p.ack(id)
	}
	p.held = nil
}

// say sends a message to the child.
func (p *parent) say(m codec.Message) {
	m.Src, m.Dst = "hw1", "c"
	kind, err := p.codec.TypeOf(m.Payload)
	require.NoError(p.x.t, err)
	text, err := p.codec.Encode(m)
	require.NoError(p.x.t, err)
	p.raw("gw/hw1/to/c/"+codec.Dashed(kind), string(text))
}

// raw sends any bytes.
func (p *parent) raw(topic, text string) {
	require.NoError(p.x.t, p.conn.Publish(mqtt.Message{Topic: topic, Payload: []byte(text)}))
}

// speak wakes the child with a message of no meaning.
func (p *parent) speak() { p.say(codec.Message{Payload: command{}}) }

// took returns the types of what came since the last time, and forgets it.
func (p *parent) took() (kinds []string) {
	for _, m := range p.got {
		kinds = append(kinds, strings.TrimPrefix(strings.TrimPrefix(m.MessageType, "gridworks."), "event.comm."))
	}
	p.got = nil
	return kinds
}

// reports are the numbers of the reports that came since the last time.
func (p *parent) reports() (ns []int) {
	for _, m := range p.got {
		if r, ok := m.Payload.(report); ok {
			ns = append(ns, r.N)
		}
	}
	p.got = nil
	return ns
}

// has reports whether a message came.
func (p *parent) has(id string) bool {
	return slices.ContainsFunc(p.got, func(m codec.Message) bool { return m.MessageID == id })
}
