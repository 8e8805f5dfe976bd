package brokertest

import (
	"bytes"
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
)

var deliveryCases = []testCase{
	{"a subscriber gets what is published", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("a/b", 0)
		pub.pub("a/b", "hello", 0)
		sub.want("a/b", "hello", 0)
	}},
	{"[MQTT-4.6.0-6] messages of one publisher keep their order", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("t/#", 1)
		for i := range 1000 {
			pub.pub(fmt.Sprintf("t/%d", i%7), fmt.Sprint(i), 1)
		}
		for i := range 1000 {
			sub.want(fmt.Sprintf("t/%d", i%7), fmt.Sprint(i), 1)
		}
	}},
	{"[MQTT-4.6.0-6] at QoS 0 too", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("t", 0)
		for i := range 1000 {
			pub.pub("t", fmt.Sprint(i), 0)
		}
		for i := range 1000 {
			sub.want("t", fmt.Sprint(i), 0)
		}
	}},
	{"an answer comes after what it answers, for everybody", func(c *bench) {
		if c.traits.CausesUnordered {
			c.Skip("the broker does not promise it")
		}
		a, b := c.dial("a"), c.dial("b").sub("ask", 1)
		watch := c.dial("watch").sub("#", 1)
		for i := range 50 {
			a.pub("ask", fmt.Sprint(i), 1)
			b.want("ask", fmt.Sprint(i), 1)
			b.pub("answer", fmt.Sprint(i), 1)
			watch.want("ask", fmt.Sprint(i), 1)
			watch.want("answer", fmt.Sprint(i), 1)
		}
	}},
	{"[MQTT-3.8.4-6] the QoS is the lower of published and granted", func(c *bench) {
		pub := c.dial("pub")
		for granted := range byte(3) {
			sub := c.dial(fmt.Sprintf("sub%d", granted)).sub("q", granted)
			for published := range byte(3) {
				pub.pub("q", "x", published)
				sub.want("q", "x", min(granted, published))
			}
		}
	}},
	{"[MQTT-4.3.3-1] QoS 2 arrives exactly once", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("q2", 2)
		for i := range 20 {
			pub.pub("q2", fmt.Sprint(i), 2)
		}
		for i := range 20 {
			sub.want("q2", fmt.Sprint(i), 2)
		}
		sub.quiet(pub)
	}},
	{"a client gets its own messages", func(c *bench) {
		self := c.dial("self").sub("echo", 1)
		self.pub("echo", "me", 1)
		self.want("echo", "me", 1)
		self.quiet(self)
	}},
	{"nobody else gets it", func(c *bench) {
		pub, other := c.dial("pub"), c.dial("other").sub("x", 1)
		pub.pub("y", "not for x", 1)
		other.quiet(pub)
	}},
	{"payloads are binary, empty or large", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("p", 1)
		binary := make([]byte, 256)
		for i := range binary {
			binary[i] = byte(i)
		}
		for _, payload := range [][]byte{binary, {}, {0}, bytes.Repeat([]byte("x"), 256<<10)} {
			pub.send(mqtt.Message{Topic: "p", Payload: payload, QoS: 1})
			sub.want("p", string(payload), 1)
		}
	}},
	{"topics are UTF-8, with spaces and case", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("zigbee2mqtt/+/set", 1)
		for _, device := range []string{"hall light (1)", "Küche – süd", "日本語", "", "A", "a"} {
			pub.pub("zigbee2mqtt/"+device+"/set", device, 1)
			sub.want("zigbee2mqtt/"+device+"/set", device, 1)
		}
	}},
	{"[MQTT-3.3.2-2] wildcards are refused in a topic", func(c *bench) {
		sub := c.dial("sub").sub("#", 1)
		for i, topic := range []string{"a/+", "#", "a/#/b"} {
			bad := c.dial(fmt.Sprintf("bad%d", i))
			if err := bad.Publish(mqtt.Message{Topic: topic, QoS: 1}); err == nil {
				if err := bad.Lost(Patience); err != nil {
					c.Errorf("a publish to %q was neither refused nor ended the connection", topic)
				}
			}
		}
		sub.quiet(c.dial("pub"))
	}},
	{"[MQTT-3.3.1-2] a published Dup is not passed on", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("d", 1)
		pub.send(mqtt.Message{Topic: "d", QoS: 1, Dup: true})
		if m := sub.next(); m.Dup {
			c.Errorf("got Dup on a first delivery: %s", show(m))
		}
	}},
	{"every subscriber gets one", manySubscribers},
}

func manySubscribers(c *bench) {
	pub := c.dial("pub")
	var subs []*peer
	for i := range 10 {
		subs = append(subs, c.dial(fmt.Sprintf("sub%d", i)).sub("all", byte(i%3)))
	}
	for round := range 20 {
		pub.pub("all", fmt.Sprint(round), 2)
	}
	for i, s := range subs {
		for round := range 20 {
			s.want("all", fmt.Sprint(round), byte(i%3))
		}
	}
}
