package brokertest

import (
	"testing"
)

var filterCases = []testCase{
	{"[MQTT-4.7.1] wildcards", wildcards},
	{"[MQTT-4.7.1-2] a/# matches a", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("a/#", 1)
		for _, topic := range []string{"a", "a/", "a/b", "a/b/c"} {
			pub.pub(topic, "x", 1)
			sub.want(topic, "x", 1)
		}
		pub.pub("ab", "x", 1)
		sub.quiet(pub)
	}},
	{"[MQTT-4.7.1-2] +/# matches a", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("+/#", 1)
		pub.pub("a", "x", 1)
		if c.traits.PlusHashMissesParent {
			sub.quiet(pub)
			return
		}
		sub.want("a", "x", 1)
	}},
	{"[MQTT-4.7.2-1] a leading wildcard does not match $", func(c *bench) {
		pub := c.dial("pub")
		for _, filter := range []string{"#", "+/b", "+/#"} {
			sub := c.dial("sub").sub(filter, 1)
			pub.pub("$a/b", "hidden", 1)
			sub.quiet(pub)
		}
		open := c.dial("open").sub("$a/#", 1)
		pub.pub("$a/b", "seen", 1)
		open.want("$a/b", "seen", 1)
	}},
	{"4.7.2 clients do not publish below $SYS", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("$SYS/hubtape/#", 1)
		err := pub.Publish(message("$SYS/hubtape/x", "x", 0))
		if err == nil && !c.traits.SysPublishSilent {
			c.Error("a publish below $SYS was accepted")
		}
		sub.quiet(pub)
	}},
	{"[MQTT-3.3.5-1] overlapping filters give one copy at the highest QoS", overlap},
	{"[MQTT-3.8.4-3] a subscription on the same filter replaces the first", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("r", 0).sub("r", 2)
		pub.pub("r", "x", 2)
		sub.want("r", "x", 2)
		sub.sub("r", 1)
		pub.pub("r", "y", 2)
		sub.want("r", "y", 1)
		sub.quiet(pub)
	}},
	{"[MQTT-3.10.4-1] unsubscribe ends delivery", func(c *bench) {
		pub, sub := c.dial("pub"), c.dial("sub").sub("u/#", 1).sub("v", 1)
		pub.pub("u/1", "before", 1)
		sub.want("u/1", "before", 1)
		if err := sub.Unsubscribe("u/#"); err != nil {
			c.Fatal(err)
		}
		pub.pub("u/2", "after", 1)
		pub.pub("v", "still", 1)
		sub.want("v", "still", 1)
	}},
	{"[MQTT-3.10.4-5] unsubscribing from what is not there is no error", func(c *bench) {
		if err := c.dial("sub").Unsubscribe("never/subscribed"); err != nil {
			c.Error(err)
		}
	}},
	{"[MQTT-4.7.1] invalid filters are refused", func(c *bench) {
		for _, filter := range []string{"", "a#", "a/#/b", "a+", "+a/b", "#/a"} {
			bad := c.dial("bad")
			if granted, err := bad.Subscribe(filter, 0); err == nil && granted <= 2 {
				c.Errorf("the filter %q was granted QoS %d", filter, granted)
			}
		}
	}},
}

func wildcards(c *bench) {
	for _, w := range []struct{ filter, hit, miss string }{
		{"sport/+", "sport/a", "sport/a/b"},
		{"sport/+", "sport/", "sport"},
		{"+/+", "/finance", "finance"},
		{"/+", "/finance", "finance"},
		{"+/tennis/#", "sport/tennis/x/y", "sport/golf/x"},
		{"a/+/c", "a//c", "a/b/d"},
		{"#", "any/thing/at/all", "$dollar"},
	} {
		c.Run(w.filter+" "+w.hit, func(t *testing.T) {
			b := &bench{T: t, dialWith: c.dialWith, traits: c.traits}
			pub, sub := b.dial("pub"), b.dial("sub").sub(w.filter, 1)
			pub.pub(w.miss, "miss", 1)
			pub.pub(w.hit, "hit", 1)
			sub.want(w.hit, "hit", 1)
		})
	}
}

func overlap(c *bench) {
	pub, sub := c.dial("pub"), c.dial("sub").sub("o/#", 0).sub("o/+", 2).sub("o/x", 1)
	pub.pub("o/x", "once", 2)
	got := sub.next()
	if got.Topic != "o/x" || string(got.Payload) != "once" {
		c.Fatalf("got %s", show(got))
	}
	if got.QoS != 2 && !c.traits.OverlapAtFirst {
		c.Errorf("got QoS %d, want 2", got.QoS)
	}
	sub.quiet(pub)
}
