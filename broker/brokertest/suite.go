package brokertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// testCase is one clause or behaviour.
type testCase struct {
	name string
	run  func(c *bench)
}

// Run runs the contract suite, each case on a column of its own.
func Run(t *testing.T, newColumn func(t testing.TB) Column) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"delivery", deliveryCases},
		{"filters", filterCases},
		{"retained", retainedCases},
		{"sessions", sessionCases},
		{"wills", willCases},
		{"shared", sharedCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					col := newColumn(t)
					c.run(&bench{T: t, dialWith: col.Dial, traits: col.Traits})
				})
			}
		})
	}
}

// bench is what a case works with; every helper fails the test.
type bench struct {
	*testing.T
	dialWith func(ClientOptions) (Client, error)
	traits   Traits
	marks    int
}

// peer is a client with helpers.
type peer struct {
	Client
	c  *bench
	id string
}

func (c *bench) dial(id string) *peer { return c.dialAs(ClientOptions{ID: id}) }

func (c *bench) dialAs(o ClientOptions) *peer {
	c.Helper()
	cl, err := c.dialWith(o)
	if err != nil {
		c.Fatalf("dial %q: %v", o.ID, err)
	}
	return &peer{Client: cl, c: c, id: o.ID}
}

// sub subscribes and requires the QoS to be granted.
func (p *peer) sub(filter string, qos byte) *peer {
	p.c.Helper()
	granted, err := p.Subscribe(filter, qos)
	if err != nil {
		p.c.Fatalf("%s: subscribe to %q: %v", p.id, filter, err)
	}
	if granted != qos {
		p.c.Fatalf("%s: subscribed to %q at QoS %d, granted %d", p.id, filter, qos, granted)
	}
	return p
}

func (p *peer) pub(topic, payload string, qos byte) {
	p.c.Helper()
	p.send(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos})
}

// retain publishes with the retain flag, and returns when the broker is done
// with it.
func (p *peer) retain(topic, payload string, qos byte) {
	p.c.Helper()
	p.send(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos, Retain: true})
	p.flush()
}

// flush returns when the broker is done with all that p has published: some
// acknowledge a message before they hand it on.
func (p *peer) flush() {
	p.c.Helper()
	p.quiet(p)
}

func (p *peer) send(m mqtt.Message) {
	p.c.Helper()
	if err := p.Publish(m); err != nil {
		p.c.Fatalf("%s: publish to %q: %v", p.id, m.Topic, err)
	}
}

func (p *peer) next() mqtt.Message {
	p.c.Helper()
	m, err := p.Next(Patience)
	if err != nil {
		p.c.Fatalf("%s: waiting for a message: %v", p.id, err)
	}
	return m
}

// want requires the next delivery to be a live message.
func (p *peer) want(topic, payload string, qos byte) {
	p.c.Helper()
	p.wantMessage(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos})
}

// wantRetained requires the next delivery to be the replay of a retained one.
func (p *peer) wantRetained(topic, payload string, qos byte) {
	p.c.Helper()
	p.wantMessage(mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos, Retain: true})
}

func (p *peer) wantMessage(want mqtt.Message) {
	p.c.Helper()
	got := p.next()
	got.Dup = false // a resend after a lost connection may set it [MQTT-3.3.1-1]
	if !got.Equal(want) {
		p.c.Fatalf("%s got %s, want %s", p.id, show(got), show(want))
	}
}

// quiet requires that nothing has come for p: a marker sent by from, who must
// be the publisher of what should not come, is the next delivery.
func (p *peer) quiet(from *peer) {
	p.c.Helper()
	topic := p.mark()
	p.sub(topic, 1)
	from.pub(topic, "marker", 1)
	p.want(topic, "marker", 1)
	// A client acknowledges a message before it hands the next one over: so this
	// one, which needs no acknowledgement, says that the marker has been.
	from.pub(topic, "acknowledged", 0)
	p.want(topic, "acknowledged", 0)
	if err := p.Unsubscribe(topic); err != nil {
		p.c.Fatalf("%s: unsubscribe from the marker: %v", p.id, err)
	}
}

// mark is a topic that no other filter of the case but "#" matches.
func (p *peer) mark() string {
	p.c.marks++
	return fmt.Sprintf("marker/%d", p.c.marks)
}

func (p *peer) disconnect() {
	p.c.Helper()
	if err := p.Disconnect(); err != nil {
		p.c.Fatalf("%s: disconnect: %v", p.id, err)
	}
}

func (p *peer) drop() {
	p.c.Helper()
	if err := p.Drop(); err != nil {
		p.c.Fatalf("%s: drop: %v", p.id, err)
	}
}

func show(m mqtt.Message) string {
	payload := fmt.Sprintf("%q", m.Payload)
	if len(payload) > 60 {
		payload = fmt.Sprintf("%s… (%d bytes)", payload[:60], len(m.Payload))
	}
	return fmt.Sprintf("%s on %q at QoS %d, retain %v", payload, m.Topic, m.QoS, m.Retain)
}

// deadline is the instant until which a call may wait.
func deadline(within time.Duration) <-chan time.Time { return time.After(within) }
