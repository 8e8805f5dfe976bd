package brokertest

import "fmt"

var sharedCases = []testCase{
	{"MQTT 5, 4.8.2: each message goes to one member", func(c *bench) {
		pub := c.dial("pub")
		a, b := c.dial("a").sub("$share/g/s/#", 1), c.dial("b").sub("$share/g/s/#", 1)
		all := c.dial("all").sub("s/#", 1)
		for i := range 10 {
			pub.pub("s/x", fmt.Sprint(i), 1)
		}
		for i := range 10 {
			all.want("s/x", fmt.Sprint(i), 1)
		}
		if !c.traits.SharedUnordered {
			for i := range 5 {
				a.want("s/x", fmt.Sprint(2*i), 1)
				b.want("s/x", fmt.Sprint(2*i+1), 1)
			}
			a.quiet(pub)
			b.quiet(pub)
			return
		}
		c.countBetween(pub, a, b, 10)
	}},
	{"MQTT 5, 4.8.2: two groups get one each", func(c *bench) {
		pub := c.dial("pub")
		a, b := c.dial("a").sub("$share/g1/s", 1), c.dial("b").sub("$share/g2/s", 1)
		pub.pub("s", "x", 1)
		a.want("s", "x", 1)
		b.want("s", "x", 1)
	}},
	{"MQTT 5, 4.8.2: a member that left is not served", func(c *bench) {
		pub := c.dial("pub")
		a, b := c.dial("a").sub("$share/g/s", 1), c.dial("b").sub("$share/g/s", 1)
		a.disconnect()
		for i := range 4 {
			pub.pub("s", fmt.Sprint(i), 1)
		}
		for i := range 4 {
			b.want("s", fmt.Sprint(i), 1)
		}
	}},
	{"MQTT 5, 4.8.2: no retained messages for a shared subscription", func(c *bench) {
		pub := c.dial("pub")
		pub.retain("s", "x", 1)
		a := c.dial("a").sub("$share/g/s", 1)
		if c.traits.SharedReplays {
			a.wantRetained("s", "x", 1)
		}
		a.quiet(pub)
	}},
}

// countBetween requires that n messages went to one of the two each: each gets
// a marker, and what came before it is counted.
func (c *bench) countBetween(pub, a, b *peer, n int) {
	c.Helper()
	got := 0
	for _, p := range []*peer{a, b} {
		mark := p.mark()
		p.sub(mark, 1)
		pub.pub(mark, "marker", 1)
		for p.next().Topic != mark {
			got++
		}
	}
	if got != n {
		c.Errorf("the members got %d messages together, want %d", got, n)
	}
}
