package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/hubtape/hubtape/mqtt"
)

// never: the library may send pings, but not wait for their answers, see
// wire.keep; and the time of an attempt is the context's.
const never = 10 * 365 * 24 * time.Hour

// client311 is MQTT 3.1.1, by paho.mqtt.golang.
type client311 struct {
	c    *Conn
	paho paho.Client
}

func (k *client311) connect(context.Context) (accepted, error) {
	o := k.c.o
	p := paho.NewClientOptions().
		AddBroker("tcp://broker"). // not dialled: see the next line
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return wire311{k.c.wire}, nil }).
		SetTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}). // not used either
		SetClientID(o.ClientID).SetUsername(o.User).SetPassword(o.Password).
		SetProtocolVersion(uint(V311)).SetCleanSession(true).
		SetOrderMatters(true).SetAutoReconnect(false).SetConnectRetry(false).SetResumeSubs(false).
		SetConnectTimeout(never).
		SetKeepAlive(o.KeepAlive).SetPingTimeout(never).
		SetDefaultPublishHandler(k.received).
		SetConnectionLostHandler(func(_ paho.Client, err error) { k.c.lost(err) })
	if w := o.Will; w != nil {
		p.SetBinaryWill(w.Topic, w.Payload, w.QoS, w.Retain)
	}
	k.c.wire.publisher.allow(window311)
	k.paho = paho.NewClient(p)
	t := k.paho.Connect()
	<-t.Done() // the attempt's context closes the wire
	if err := t.Error(); err != nil {
		return accepted{}, err
	}
	return accepted{id: o.ClientID, limits: everything, keepAlive: o.KeepAlive}, nil
}

// received runs on the library's goroutine for messages, in the order of the
// wire; the library acknowledges when it has returned.
func (k *client311) received(_ paho.Client, m paho.Message) {
	k.c.show(Incoming{Message: mqtt.Message{
		Topic: m.Topic(), Payload: k.c.keepable(m.Payload()), QoS: m.Qos(), Retain: m.Retained(), Dup: m.Duplicate(),
	}})
}

func (k *client311) subscribe(ctx context.Context, subs []Subscription) ([]string, error) {
	p := &packets.SubscribePacket{FixedHeader: packets.FixedHeader{MessageType: packets.Subscribe, Qos: 1}} // its flags
	for _, s := range subs {
		p.Topics, p.Qoss = append(p.Topics, s.Filter), append(p.Qoss, s.QoS)
	}
	codes, err := k.c.wire.questions.ask(ctx, kindSuback, len(subs), func(id uint16) { p.MessageID = id; _ = p.Write(wire311{k.c.wire}) })
	if err != nil {
		return nil, err
	}
	why := make([]string, len(subs))
	for i, code := range codes {
		why[i] = refusal(code)
	}
	return why, nil
}

// refusal says why a return code is no grant [MQTT-3.9.3-2]; "": it is one.
func refusal(code byte) string {
	switch {
	case code == refused:
		return "not allowed to this user, or otherwise refused (code 0x80)"
	case code > 2:
		return fmt.Sprintf("a code that MQTT 3.1.1 does not know (0x%02x)", code)
	}
	return ""
}

func (k *client311) unsubscribe(ctx context.Context, filters []string) ([]string, error) {
	p := &packets.UnsubscribePacket{FixedHeader: packets.FixedHeader{MessageType: packets.Unsubscribe, Qos: 1}, Topics: filters}
	_, err := k.c.wire.questions.ask(ctx, kindUnsuback, 0, func(id uint16) { p.MessageID = id; _ = p.Write(wire311{k.c.wire}) })
	return nil, err
}

var errLeft = errors.New("we have left")

func (k *client311) disconnect() {
	k.paho.Disconnect(uint(k.c.o.Timeout / time.Millisecond))
	k.c.wire.fail(errLeft) // it has ended already, unless the library gave up
}
