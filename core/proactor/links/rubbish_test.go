package links_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestRubbish(t *testing.T) {
	good := `{"Header":{"Src":"hw1","Dst":"c","MessageType":"send.command","TypeName":"gridworks.header"},"Payload":{"Watts":1,"TypeName":"send.command","Version":"000"},"TypeName":"gw"}`
	for name, c := range map[string]struct{ topic, text string }{
		"no JSON":                {"gw/hw1/to/c/send-command", "\x00\xff"},
		"nothing":                {"gw/hw1/to/c/send-command", ""},
		"another type":           {"gw/hw1/to/c/report-event", good},
		"a type nobody knows":    {"gw/hw1/to/c/new-thing", strings.ReplaceAll(good, "send.command", "new.thing")},
		"a version nobody knows": {"gw/hw1/to/c/send-command", strings.ReplaceAll(good, `"000"`, `"007"`)},
		"a topic of others":      {"gw/hw1/to/c/send-command/x", good},
	} {
		inVirtual(t, "GW-166 "+name+" is a problem, not a sign of life, and not acknowledged", func(t *testing.T, v *clock.Virtual) {
			x := newSide(t, v)
			p := newParent(x)
			p.mute = true
			x.begin()
			x.untilState(linkstate.AwaitingPeer)
			x.run(s)
			p.took()
			p.raw(c.topic, c.text)
			x.run(s)
			require.Equal(t, linkstate.AwaitingPeer, x.link.State())
			require.Equal(t, []string{"event.problem"}, p.took())
			require.Empty(t, x.got)
			require.Equal(t, 1, x.counts().Topics.Of(c.topic), "it is counted where it came")
			require.Zero(t, x.counts().Types.Total(), "and not as a message")
			x.stop()
		})
	}
	inVirtual(t, "a flood of it makes ten problems a minute", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		x.begin()
		x.untilState(linkstate.Active)
		x.run(s)
		p.took()
		for range 130 {
			for range 100 {
				p.raw("gw/hw1/to/c/a", "rubbish")
			}
			x.run(s)
		}
		problems := 0
		for _, kind := range p.took() {
			if kind == "event.problem" {
				problems++
			}
		}
		require.Equal(t, 30, problems, "in 130 s")
		require.Equal(t, 3, strings.Count(x.log.String(), "further ones are not told of for"))
		require.Equal(t, linkstate.Active, x.link.State())
		x.stop()
	})
	inVirtual(t, "whom the header names does not matter: the topic has said whose it is", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		x.begin()
		x.untilState(linkstate.Active)
		p.raw("gw/hw1/to/c/send-command", strings.NewReplacer(`"hw1"`, `"hw1.relay"`, `"Dst":"c"`, `"Dst":"boiler"`).Replace(good))
		x.until("it is handled", func() bool { return len(x.got) == 1 })
		require.Equal(t, "hw1.relay", x.got[0].Src)
		require.Equal(t, "boiler", x.got[0].Dst)
		x.stop()
	})
	inVirtual(t, "what is kept raw is handled", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v, func(x *side) {
			x.options.Codec = codec.New(codec.Options{Unknown: codec.UnknownKept})
			require.NoError(t, events.Register(x.options.Codec))
		})
		p := newParent(x)
		x.begin()
		x.untilState(linkstate.AwaitingPeer)
		p.raw("gw/hw1/to/c/new-thing", strings.ReplaceAll(good, "send.command", "new.thing"))
		x.until("it is handled", func() bool { return len(x.got) == 1 })
		require.IsType(t, codec.Raw{}, x.got[0].Payload)
		x.stop()
	})
	inVirtual(t, "acks that nobody waits for", func(t *testing.T, v *clock.Virtual) {
		x := newSide(t, v)
		p := newParent(x)
		x.begin()
		x.untilState(linkstate.Active)
		x.run(s)
		for i := range 5 {
			p.ack(fmt.Sprint("nothing", i))
			p.ack("")
		}
		x.run(s)
		require.Equal(t, linkstate.Active, x.link.State())
		x.stop()
	})
}
