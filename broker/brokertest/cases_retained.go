package brokertest

import (
	"cmp"
	"slices"

	"github.com/hubtape/hubtape/mqtt"
)

var retainedCases = []testCase{
	{"[MQTT-3.3.1-6] the last retained message is replayed", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r", "one", 1)
		pub.retain("r", "two", 1)
		c.dial("sub").sub("r", 1).wantRetained("r", "two", 1)
	}},
	{"[MQTT-3.3.1-9] retain is off on live messages", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("r", 1)
		pub.retain("r", "live", 1)
		sub.want("r", "live", 1)
	}},
	{"[MQTT-3.3.1-10] an empty payload clears", func(c *bench) {
		pub, live := c.dial("pub"), c.dial("live").sub("r", 1)
		pub.retain("r", "x", 1)
		live.want("r", "x", 1)
		pub.retain("r", "", 1)
		live.want("r", "", 1)
		c.dial("late").sub("r", 1).quiet(pub)
	}},
	{"[MQTT-3.3.1-12] a message without retain leaves the retained one", func(c *bench) {
		pub, live := c.dial("pub"), c.dial("live").sub("r", 1)
		pub.retain("r", "kept", 1)
		pub.pub("r", "passing", 1)
		live.want("r", "kept", 1)
		live.want("r", "passing", 1)
		c.dial("late").sub("r", 1).wantRetained("r", "kept", 1)
	}},
	{"the replay's QoS is the lower of published and granted", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r2", "x", 2)
		pub.retain("r0", "x", 0)
		sub := c.dial("sub").sub("r2", 1)
		sub.wantRetained("r2", "x", 1)
		sub.sub("r0", 2).wantRetained("r0", "x", 0)
	}},
	{"replay in topic order", func(c *bench) {
		pub := c.dial("pub")
		var want []string
		for _, topic := range []string{"z/9", "z/a/b", "z/10", "z/a", "z/B", "z/ü", "z"} {
			pub.retain(topic, topic, 1)
			want = append(want, topic)
		}
		slices.Sort(want)
		sub := c.dial("sub").sub("z/#", 1)
		var got []mqtt.Message
		for range want {
			got = append(got, sub.next())
		}
		if c.traits.ReplayUnordered {
			slices.SortFunc(got, func(a, b mqtt.Message) int { return cmp.Compare(a.Topic, b.Topic) })
		}
		for i, m := range got {
			if m.Topic != want[i] || string(m.Payload) != want[i] || !m.Retain {
				c.Errorf("replay %d is %s, want %q", i, show(m), want[i])
			}
		}
		sub.quiet(pub)
	}},
	{"replay matches wildcards and hides $", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("a/x/c", "1", 1)
		pub.retain("a/y/d", "2", 1)
		pub.retain("$h/x/c", "3", 1)
		sub := c.dial("sub").sub("+/+/c", 1)
		sub.wantRetained("a/x/c", "1", 1)
		sub.quiet(pub)
		c.dial("other").sub("$h/#", 1).wantRetained("$h/x/c", "3", 1)
	}},
	{"[MQTT-3.8.4-3] subscribing again replays again", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r", "x", 1)
		sub := c.dial("sub").sub("r", 1)
		sub.wantRetained("r", "x", 1)
		sub.sub("r", 1).wantRetained("r", "x", 1)
		pub.pub("r", "live", 1)
		sub.want("r", "live", 1)
	}},
	{"each subscribe replays by itself", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r/x", "x", 1)
		sub := c.dial("sub").sub("r/+", 1)
		sub.wantRetained("r/x", "x", 1)
		sub.sub("r/x", 1).wantRetained("r/x", "x", 1)
		sub.quiet(pub)
	}},
	{"a retained message outlives its publisher", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r", "x", 1)
		pub.disconnect()
		c.dial("sub").sub("r", 1).wantRetained("r", "x", 1)
	}},
	{"[MQTT-4.7.1] a literal filter replays its topic only", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r", "x", 1)
		pub.retain("r/a", "y", 1)
		sub := c.dial("sub").sub("r", 1)
		sub.wantRetained("r", "x", 1)
		sub.quiet(pub)
	}},
}

func message(topic, payload string, qos byte) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos}
}
