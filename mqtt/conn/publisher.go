package conn

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	packets5 "github.com/eclipse/paho.golang/packets"
	packets3 "github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/hubtape/hubtape/mqtt"
)

const (
	// window5 is how many messages of QoS 1 and 2 are under way at most, also to
	// a broker whose Receive Maximum is larger.
	window5 = 1000
	// window311 is the same for 3.1.1, where a broker cannot say what it takes. It
	// is what mosquitto tells MQTT 5 clients; when more of QoS 2 are under way,
	// mosquitto 2.0.11 with max_queued_messages 0 ends the connection.
	window311 = 20
	// firstID keeps our packet identifiers away from those of SUBSCRIBEs, from 1
	// on. A collision would do no harm: their answers are of other kinds.
	firstID = 0x1000
)

// publisher sends messages, in the order of the calls, and knows those that are
// not yet acknowledged. The libraries cannot: theirs either wait for each
// acknowledgement or do not tell of it. Safe for concurrent use.
type publisher struct {
	w     *wire
	slots chan struct{}   // one for each message of QoS 1 and 2 under way
	gone  context.Context // ends when nothing more may be sent
	leave context.CancelFunc

	order sync.Mutex // from the choice of an identifier to the write

	mu     sync.Mutex // all below; never held while writing or calling
	flying map[uint16]*flight
	lastID uint16
	sent   uint64
	end    error // why no more is sent
	failed int   // how many were under way then
}

// flight is one message that is not acknowledged.
type flight struct {
	number   uint64 // in the order of sending
	qos      byte
	received bool // QoS 2: its PUBREC has come
	done     func(error)
}

func newPublisher(w *wire) *publisher {
	p := &publisher{w: w, flying: map[uint16]*flight{}, lastID: firstID}
	p.gone, p.leave = context.WithCancel(context.Background())
	return p
}

// allow sets how many messages may be under way, before the first one is.
func (p *publisher) allow(n int) { p.slots = make(chan struct{}, n) }

// publish sends a valid message. When it returns an error, done is not called.
func (p *publisher) publish(m mqtt.Message, done func(error)) error {
	if m.QoS == 0 {
		return p.publishNow(m, done)
	}
	select {
	case p.slots <- struct{}{}:
	case <-p.gone.Done():
		return p.ended()
	}
	p.order.Lock()
	defer p.order.Unlock()
	id, err := p.begin(m.QoS, done)
	if err != nil {
		<-p.slots
		return err
	}
	p.write(m, id) // when it fails the connection ends, and done hears of it
	return nil
}

func (p *publisher) publishNow(m mqtt.Message, done func(error)) error {
	p.order.Lock()
	err := p.ended()
	if err == nil {
		p.write(m, 0)
		if err = p.w.unwritable(); err != nil {
			err = fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	p.order.Unlock()
	if err == nil && done != nil {
		done(nil)
	}
	return err
}

func (p *publisher) begin(qos byte, done func(error)) (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end != nil {
		return 0, p.end
	}
	for taken := true; taken; { // there are fewer slots than identifiers
		p.lastID++
		if p.lastID < firstID {
			p.lastID = firstID
		}
		_, taken = p.flying[p.lastID]
	}
	p.sent++
	p.flying[p.lastID] = &flight{number: p.sent, qos: qos, done: done}
	return p.lastID, nil
}

// write encodes a message and sends it; an error shows in wire.broken.
func (p *publisher) write(m mqtt.Message, id uint16) {
	if p.w.version == V5 {
		b := packets5.Publish{
			Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: m.Retain, PacketID: id, Properties: packetProperties(m.Properties),
		}
		_, _ = b.WriteTo(&p.w.parts) // an error shows in wire.broken
		return
	}
	b := packets3.PublishPacket{
		FixedHeader: packets3.FixedHeader{MessageType: packets3.Publish, Qos: m.QoS, Retain: m.Retain},
		TopicName:   m.Topic, Payload: m.Payload, MessageID: id,
	}
	_ = b.Write(wire311{p.w}) // an error shows in wire.broken
}

// answered takes a PUBACK, PUBREC or PUBCOMP (3.4, 3.5, 3.7). It is called where
// packets are read.
func (p *publisher) answered(kind byte, whole, body []byte) error {
	id := binary.BigEndian.Uint16(body)
	code, says, err := outcome(kind, whole, body)
	if err != nil {
		return err
	}
	p.mu.Lock()
	f := p.flying[id]
	switch {
	case f == nil:
		p.mu.Unlock()
		if kind == kindPubrec {
			p.releaseUnknown(id)
		}
		return nil
	case (kind == kindPuback) != (f.qos == 1), kind == kindPubcomp && !f.received:
		p.mu.Unlock()
		return malformed("a %s for message %d, to which it is no answer", kindNames[kind], id)
	case kind == kindPubrec && code < refused:
		f.received = true
		p.mu.Unlock()
		_ = p.w.send(kindPubrel<<4|2, 2, byte(id>>8), byte(id)) // an error shows where we read
		return nil
	}
	delete(p.flying, id)
	p.mu.Unlock()
	<-p.slots
	if f.done == nil {
		return nil
	}
	if code >= refused {
		f.done(fmt.Errorf("%w: the broker refuses it: %s", ErrPublish, withReason(code, says)))
		return nil
	}
	f.done(nil)
	return nil
}

// releaseUnknown answers a PUBREC for what we do not know, so that the broker
// can forget it too (MQTT 5, 4.3.3).
func (p *publisher) releaseUnknown(id uint16) {
	packet := []byte{kindPubrel<<4 | 2, 2, byte(id >> 8), byte(id)}
	if p.w.version == V5 {
		packet = []byte{kindPubrel<<4 | 2, 3, byte(id >> 8), byte(id), reasonUnknownID}
	}
	_ = p.w.send(packet...) // an error shows where we read
}

// outcome is the reason code of an answer, and what the broker says about it.
func outcome(kind byte, whole, body []byte) (code byte, says string, err error) {
	if len(body) == 2 {
		return 0, "", nil
	}
	if len(body) == 3 {
		return body[2], "", nil
	}
	c, err := packets5.ReadPacket(bytes.NewReader(whole))
	if err != nil {
		return 0, "", malformed("a %s that cannot be decoded: %v", kindNames[kind], err)
	}
	var props *packets5.Properties
	switch a := c.Content.(type) {
	case *packets5.Puback:
		code, props = a.ReasonCode, a.Properties
	case *packets5.Pubrec:
		code, props = a.ReasonCode, a.Properties
	case *packets5.Pubcomp:
		code, props = a.ReasonCode, a.Properties
	}
	if props != nil {
		says = props.ReasonString
	}
	return code, says, nil
}

func (p *publisher) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

// finish ends it: nothing more is sent, and what is under way has failed, oldest
// first. The first reason counts.
func (p *publisher) finish(err error) {
	p.mu.Lock()
	if p.end == nil {
		p.end = err
		p.leave()
	}
	err = p.end
	left := make([]*flight, 0, len(p.flying))
	for _, f := range p.flying {
		left = append(left, f)
	}
	clear(p.flying)
	p.failed += len(left)
	p.mu.Unlock()
	slices.SortFunc(left, func(a, b *flight) int { return cmp.Compare(a.number, b.number) })
	for _, f := range left {
		if f.done != nil {
			f.done(err)
		}
	}
}

// unanswered is how many messages finish has found under way.
func (p *publisher) unanswered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// stop lets nothing more in: what is called from now on gets an error, while
// what is under way goes on.
func (p *publisher) stop(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil {
		p.end = err
		p.leave()
	}
}

// drain waits until all that was sent is acknowledged, the connection has ended,
// or the time is over.
func (p *publisher) drain(over <-chan struct{}, timeout time.Duration) {
	enough := time.NewTimer(timeout)
	defer enough.Stop()
	for range cap(p.slots) {
		select {
		case p.slots <- struct{}{}:
		case <-over:
			return
		case <-enough.C:
			return
		}
	}
}
