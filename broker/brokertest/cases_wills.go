package brokertest

import "github.com/hubtape/hubtape/mqtt"

func will(topic, payload string, qos byte, retain bool) *mqtt.Message {
	return &mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos, Retain: retain}
}

var willCases = []testCase{
	{"[MQTT-3.1.2-8] a lost connection publishes the will", func(c *bench) {
		watch := c.dial("watch").sub("will/#", 2)
		c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "gone", 1, false)}).drop()
		watch.want("will/w", "gone", 1)
	}},
	{"[MQTT-3.14.4-3] a disconnect discards the will", func(c *bench) {
		watch := c.dial("watch").sub("will/#", 1)
		c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "gone", 1, false)}).disconnect()
		watch.quiet(c.dial("pub"))
	}},
	{"[MQTT-3.1.2-17] a retained will is retained", func(c *bench) {
		watch := c.dial("watch").sub("will/w", 1)
		c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "offline", 1, true)}).drop()
		watch.want("will/w", "offline", 1)
		c.dial("late").sub("will/w", 1).wantRetained("will/w", "offline", 1)
	}},
	{"[MQTT-3.1.2-10] the will is published once", func(c *bench) {
		watch := c.dial("watch").sub("will/#", 1)
		c.dialAs(ClientOptions{ID: "w", Persistent: true, Will: will("will/w", "gone", 1, false)}).drop()
		watch.want("will/w", "gone", 1)
		c.dialAs(ClientOptions{ID: "w", Persistent: true}).drop()
		watch.quiet(c.dial("pub"))
	}},
	{"[MQTT-3.1.4-2] a takeover publishes the will of the first", func(c *bench) {
		watch := c.dial("watch").sub("will/#", 1)
		first := c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "taken", 1, false)})
		c.dialAs(ClientOptions{ID: "w"})
		if err := first.Lost(Patience); err != nil {
			c.Fatal(err)
		}
		watch.want("will/w", "taken", 1)
	}},
	{"a will comes after what its client said", func(c *bench) {
		watch := c.dial("watch").sub("#", 1)
		w := c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "gone", 1, false)})
		w.pub("last", "words", 1)
		w.drop()
		watch.want("last", "words", 1)
		watch.want("will/w", "gone", 1)
	}},
	{"a persistent session is queued wills of others", func(c *bench) {
		c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("will/#", 1).disconnect()
		c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "gone", 2, false)}).drop()
		c.dialAs(ClientOptions{ID: "s", Persistent: true}).want("will/w", "gone", 1)
	}},
	{"a will may be empty", func(c *bench) {
		watch := c.dial("watch").sub("will/#", 1)
		c.dialAs(ClientOptions{ID: "w", Will: will("will/w", "", 0, false)}).drop()
		watch.want("will/w", "", 0)
	}},
}
