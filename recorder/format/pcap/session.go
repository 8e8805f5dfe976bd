package pcap

import (
	"bytes"
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// sides learns from a packet which side is the client, or holds it against what
// is known.
func (c *conn) sides(side int, kind byte) error {
	client := side
	switch {
	case fromBroker>>kind&1 != 0:
		client = 1 - side
	case fromClient>>kind&1 == 0:
		return nil
	}
	if c.sure && c.client != client {
		return fmt.Errorf("%w: type %d from the wrong side", ErrPacket, kind)
	}
	c.client, c.sure = client, true
	return nil
}

func (c *conn) use(s *stream, h header, body []byte, at place) error {
	switch h.kind() {
	case typeConnect:
		return c.useConnect(body, at)
	case typeConnack:
		return c.useConnack(body, at)
	case typePublish:
		return c.usePublish(s, h, body, at)
	case typeSubscribe, typeUnsubscribe:
		return c.useSubscribe(h, body, at)
	case typeDisconnect:
		return c.useDisconnect(s, body, at)
	}
	return check(h, body, c.level)
}

func (c *conn) useConnect(body []byte, at place) error {
	if c.connected {
		return fmt.Errorf("%w: a second CONNECT", ErrPacket) // [MQTT-3.1.0-2]
	}
	p, err := parseConnect(body)
	if err != nil {
		return err
	}
	c.connected, c.over = true, false
	c.level, c.guessed, c.bridge, c.name = p.level, false, p.bridge, p.id
	if c.will, c.willDelay = p.will, p.willDelay; c.will != nil {
		c.will.Payload = bytes.Clone(c.will.Payload)
	}
	if c.name == "" && c.level == level5 {
		c.named = at
	}
	c.give(at, recorder.Record{Kind: recorder.KindConnect}, c.client)
	return nil
}

func (c *conn) useConnack(body []byte, at place) error {
	p, err := parseConnack(body, c.level)
	if err != nil {
		return err
	}
	if c.named = (place{}); c.name == "" {
		c.name = p.id
	}
	if p.code != 0 {
		c.end(at, fmt.Sprintf("refused by the broker: reason %#02x", p.code), false)
	}
	return nil
}

func (c *conn) usePublish(s *stream, h header, body []byte, at place) error {
	p, err := parsePublish(h.first, body, c.level)
	if err != nil && c.guessed && c.level == level5 {
		if other, plain := parsePublish(h.first, body, level311); plain == nil {
			c.level, p, err = level311, other, nil
		}
	}
	if err == nil {
		err = s.topic(&p)
	}
	if err != nil {
		return err
	}
	rec := recorder.Record{Kind: recorder.KindMessage, Message: p.Message}
	rec.Payload = c.r.copier.Copy(p.Payload)
	if s.side != c.client && p.Retain && !c.retains && !c.bridge {
		rec.Kind = recorder.KindSnapshot
	}
	c.give(at, rec, s.side)
	return nil
}

func (c *conn) useSubscribe(h header, body []byte, at place) error {
	remove := h.kind() == typeUnsubscribe
	subs, err := parseSubscribe(body, c.level, remove)
	if err != nil {
		return err
	}
	kind := recorder.KindSubscribe
	if remove {
		kind = recorder.KindUnsubscribe
	}
	for _, sub := range subs {
		c.retains = c.retains || sub.retains
		c.give(at, recorder.Record{Kind: kind, Message: mqtt.Message{Topic: sub.filter, QoS: sub.qos}}, c.client)
	}
	return nil
}

func (c *conn) useDisconnect(s *stream, body []byte, at place) error {
	reason, err := parseDisconnect(body, c.level)
	if err != nil {
		return err
	}
	switch {
	case s.side != c.client:
		c.end(at, fmt.Sprintf("closed by the broker: reason %#02x", reason), true)
	case reason != 0:
		c.end(at, fmt.Sprintf("reason %#02x", reason), true)
	default:
		c.end(at, "", false) // [MQTT-3.14.4-3]: no will
	}
	return nil
}

// end ends the session: its client is gone, and its will, if it is due, is
// published.
func (c *conn) end(at place, why string, will bool) {
	if !c.spoke && !c.connected || c.over {
		return
	}
	c.over = true
	at = later(c.last, at)
	will = will && c.will != nil
	if will && c.willDelay > 0 {
		why += fmt.Sprintf("; its will is due after %d s", c.willDelay)
		will = false
	}
	c.give(at, recorder.Record{Kind: recorder.KindDisconnect, Text: why}, c.client)
	if will {
		c.give(at, recorder.Record{Kind: recorder.KindWill, Message: *c.will, Text: "as announced when it connected"}, c.client)
	}
	c.will = nil
}

// give puts a record in line.
func (c *conn) give(at place, rec recorder.Record, side int) {
	c.last = later(c.last, at)
	c.r.queue.push(item{at: at, c: c, delivered: side != c.client, rec: rec})
}
