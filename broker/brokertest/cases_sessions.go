package brokertest

import "fmt"

var sessionCases = []testCase{
	{"[MQTT-3.2.2-2] session present is told", func(c *bench) {
		first := c.dialAs(ClientOptions{ID: "s", Persistent: true})
		if first.Present() {
			c.Error("session present on the first connection")
		}
		first.disconnect()
		if !c.dialAs(ClientOptions{ID: "s", Persistent: true}).Present() {
			c.Error("session not present on the second connection")
		}
	}},
	{"[MQTT-3.1.2-5] a persistent session queues QoS 1 and 2 while away", func(c *bench) {
		pub := c.dial("pub")
		sub := c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("q/#", 2)
		sub.disconnect()
		for i := range 10 {
			pub.pub("q/x", fmt.Sprint(i), byte(1+i%2))
		}
		pub.flush()
		sub = c.dialAs(ClientOptions{ID: "s", Persistent: true})
		for i := range 10 {
			sub.want("q/x", fmt.Sprint(i), byte(1+i%2))
		}
		pub.pub("q/y", "live", 1)
		sub.want("q/y", "live", 1)
	}},
	{"QoS 0 is not queued while away", func(c *bench) {
		pub := c.dial("pub")
		sub := c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("q", 1).sub("low", 0)
		sub.disconnect()
		pub.pub("q", "lost", 0)
		pub.pub("low", "lost", 2)
		pub.pub("q", "kept", 1)
		pub.flush()
		sub = c.dialAs(ClientOptions{ID: "s", Persistent: true})
		sub.want("q", "kept", 1)
		sub.quiet(pub)
	}},
	{"a persistent session queues after a drop too", func(c *bench) {
		pub := c.dial("pub")
		sub := c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("q", 1)
		sub.drop()
		pub.pub("q", "1", 1)
		pub.pub("q", "2", 1)
		pub.flush()
		sub = c.dialAs(ClientOptions{ID: "s", Persistent: true})
		sub.want("q", "1", 1)
		sub.want("q", "2", 1)
	}},
	{"[MQTT-3.1.2-6] a clean session forgets", func(c *bench) {
		pub := c.dial("pub")
		c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("q", 1).disconnect()
		clean := c.dial("s")
		if clean.Present() {
			c.Error("session present on a clean session")
		}
		pub.pub("q", "x", 1)
		clean.quiet(pub)
		clean.disconnect()
		again := c.dialAs(ClientOptions{ID: "s", Persistent: true})
		if again.Present() {
			c.Error("session present after a clean session")
		}
		again.quiet(pub)
	}},
	{"[MQTT-3.1.4-2] the same client id takes over", func(c *bench) {
		pub := c.dial("pub")
		first := c.dial("same").sub("t", 1)
		second := c.dial("same").sub("t", 1)
		if err := first.Lost(Patience); err != nil {
			c.Fatalf("the first connection was not ended: %v", err)
		}
		pub.pub("t", "x", 1)
		second.want("t", "x", 1)
	}},
	{"[MQTT-3.1.4-2] a takeover keeps a persistent session", func(c *bench) {
		pub := c.dial("pub")
		first := c.dialAs(ClientOptions{ID: "same", Persistent: true}).sub("t", 1)
		second := c.dialAs(ClientOptions{ID: "same", Persistent: true})
		if err := first.Lost(Patience); err != nil {
			c.Fatalf("the first connection was not ended: %v", err)
		}
		if !second.Present() {
			c.Error("session not present after a takeover")
		}
		pub.pub("t", "x", 1)
		second.want("t", "x", 1)
	}},
	{"a client that left gets nothing, others do", func(c *bench) {
		pub, stays := c.dial("pub"), c.dial("stays").sub("t", 1)
		leaves := c.dial("leaves").sub("t", 1)
		leaves.disconnect()
		pub.pub("t", "x", 1)
		stays.want("t", "x", 1)
	}},
	{"an unsubscribed filter stays unsubscribed in a persistent session", func(c *bench) {
		pub := c.dial("pub")
		sub := c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("a", 1).sub("b", 1)
		if err := sub.Unsubscribe("a"); err != nil {
			c.Fatal(err)
		}
		sub.disconnect()
		pub.pub("a", "x", 1)
		pub.pub("b", "y", 1)
		pub.flush()
		sub = c.dialAs(ClientOptions{ID: "s", Persistent: true})
		sub.want("b", "y", 1)
		sub.quiet(pub)
	}},
	{"retained messages are not replayed to a resumed session", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("r", "x", 1)
		sub := c.dialAs(ClientOptions{ID: "s", Persistent: true}).sub("r", 1)
		sub.wantRetained("r", "x", 1)
		sub.quiet(pub) // so that it has been acknowledged
		sub.disconnect()
		c.dialAs(ClientOptions{ID: "s", Persistent: true}).quiet(pub)
	}},
}
