package links_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestUnreadable(t *testing.T) {
	damage := errors.New("checksum")
	for _, c := range []struct {
		name   string
		window int
		bad    []int
		sent   []int // at once
	}{
		{"GW-084 the first of a batch: the next ones take its place", 2, []int{0}, []int{1, 2}},
		{"GW-085 one after a good one: the window stays full", 2, []int{1}, []int{0, 2}},
		{"GW-084 the whole first batch", 2, []int{0, 1}, []int{2, 3}},
		{"GW-084 every one but the last", 2, []int{0, 1, 2, 3, 4}, []int{5}},
		{"GW-084 all", 2, []int{0, 1, 2, 3, 4, 5}, nil},
		{"GW-085 with a window of one", 1, []int{0, 2}, []int{1}},
	} {
		inVirtual(t, c.name, func(t *testing.T, v *clock.Virtual) {
			disk := &double{Memory: eventstore.NewMemory(0), damaged: map[string]error{}}
			x, p := loaded(t, v, 6, window(c.window), stored(disk))
			for _, i := range c.bad {
				disk.damaged[fmt.Sprint("r", i)] = damage
			}
			activate(x, p)
			require.Equal(t, c.sent, p.reports())
			p.release()
			x.run(s)
			require.False(t, x.Reuploading(), "it completes")
			require.Equal(t, "2 started, 2 completed", started(x))
			require.Len(t, x.pending(), len(c.bad), "they stay where they are")
			require.Equal(t, linkstate.Active, x.link.State())
			x.stop()
		})
	}
	inVirtual(t, "GW-087 each is told of once, however often it is met", func(t *testing.T, v *clock.Virtual) {
		disk := &double{
			Memory: eventstore.NewMemory(0), damaged: map[string]error{}, altered: map[string]string{}, gone: map[string]bool{},
		}
		x, p := loaded(t, v, 60, stored(disk))
		for i := range 10 {
			disk.damaged[fmt.Sprint("r", i)] = damage
			disk.altered[fmt.Sprint("r", 40+i)] = "{}"
			disk.gone[fmt.Sprint("r", 50+i)] = true
		}
		p.mute = false
		for range 3 {
			activate(x, p)
			x.run(s)
			require.Equal(t, linkstate.Active, x.link.State())
			x.hub.cut("child")
			x.hub.holding = true
			x.run(2 * s)
			p.speak()
			x.untilState(linkstate.AwaitingSetup)
		}
		problems, reports := 0, 0
		for _, kind := range p.took() {
			switch kind {
			case "event.problem":
				problems++
			case "report.event":
				reports++
			}
		}
		require.Equal(t, 20, problems)
		require.Equal(t, 30, reports)
		require.Equal(t, 4, x.counts().ReuploadsCompleted)
		x.stop()
	})
	good := `{"Header":{"Src":"hw1.child","Dst":"p","MessageType":"report.event","MessageId":"r0","AckRequired":true,"TypeName":"gridworks.header"},"Payload":{"MessageId":"r0","TimeNS":1,"Src":"x","N":0,"TypeName":"report.event","Version":"000"},"TypeName":"gw"}`
	for name, c := range map[string]struct{ old, new, problem string }{
		"no JSON":           {"{", "", "it is no event any more"},
		"cut off":           {`"TypeName":"gw"}`, "", "it is no event any more"},
		"of another id":     {`"r0"`, `"r1"`, "the id in it is"},
		"one without acks":  {`"AckRequired":true,`, "", "it asks for no ack"},
		"of two types":      {`"MessageType":"report.event"`, `"MessageType":"send.command"`, "by its header, and a"},
		"of no type":        {`report.event`, "", "a name is empty"},
		"for a false topic": {`report.event`, "report/#", "has a '/' in it"},
	} {
		inVirtual(t, "GW-087 what is stored is "+name, func(t *testing.T, v *clock.Virtual) {
			disk := &double{Memory: eventstore.NewMemory(0), altered: map[string]string{"r0": strings.ReplaceAll(good, c.old, c.new)}}
			x, p := loaded(t, v, 2, stored(disk), window(1))
			p.mute = false
			activate(x, p)
			x.run(s)
			require.Equal(t, []int{1}, p.reports())
			require.Contains(t, x.log.String(), c.problem)
			require.Equal(t, []string{"r0"}, x.pending())
			x.stop()
		})
	}
	inVirtual(t, "GW-087 an event of a type that the program has forgotten is sent", func(t *testing.T, v *clock.Virtual) {
		disk := &double{Memory: eventstore.NewMemory(0), altered: map[string]string{"r0": strings.ReplaceAll(good, "report.event", "old.event")}}
		x, p := loaded(t, v, 1, stored(disk))
		x.hub.holding = false
		x.hub.grant("child", 1)
		updated := p.conn.wake
		p.conn.wake = func() {}
		x.run(s)
		require.True(t, slices.ContainsFunc(topicsOf(p), func(topic string) bool { return topic == "gw/hw1-child/to/p/old-event" }))
		p.conn.wake = updated
		x.stop()
	})
}

func topicsOf(p *parent) (topics []string) {
	for _, a := range p.conn.arrivals {
		topics = append(topics, a.Message.Topic)
	}
	return topics
}
