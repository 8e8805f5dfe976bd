package events_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
)

// report is an event of an application.
type report struct {
	events.Header
	Watts int
}

func TestEventsTravel(t *testing.T) {
	c := codec.New(codec.Options{})
	require.NoError(t, events.Register(c))
	require.NoError(t, codec.Register[report](c, "report.event", "002"))
	h := events.Header{MessageID: "5f0c", TimeNS: 1_767_225_600_000_000_007, Src: "hw1.scada"}
	for name, e := range map[string]events.New{
		"gridworks.event.startup":                    &events.Startup{},
		"gridworks.event.shutdown":                   &events.Shutdown{Reason: "told to"},
		"gridworks.event.problem":                    &events.Problem{ProblemType: events.Warning, Summary: "cold", Details: "31"},
		"gridworks.event.comm.mqtt.connect":          &events.Connected{PeerName: "parent"},
		"gridworks.event.comm.mqtt.disconnect":       &events.Disconnected{PeerName: "parent"},
		"gridworks.event.comm.mqtt.fully.subscribed": &events.FullySubscribed{PeerName: "parent"},
		"gridworks.event.comm.peer.active":           &events.PeerActive{PeerName: "parent"},
		"gridworks.event.comm.response.timeout":      &events.ResponseTimeout{PeerName: "parent"},
		"report.event":                               &report{Watts: 4500},
	} {
		e.SetHead(h)
		require.Equal(t, h, e.Head())
		topic, err := codec.Topic{Src: "hw1.scada", Dst: "a", Type: name}.Format()
		require.NoError(t, err)
		text, err := c.Encode(codec.Message{
			Header:  codec.Header{Src: "hw1.scada", Dst: "a", MessageID: h.MessageID, AckRequired: true},
			Payload: events.Value(e),
		})
		require.NoError(t, err)
		m, err := c.Decode(topic, text)
		require.NoError(t, err)
		require.Equal(t, name, m.MessageType)
		require.Equal(t, events.Value(e), m.Payload)
		require.Equal(t, h, m.Payload.(events.Event).Head(), "a decoded payload is an event too")
	}
}

func TestHeadersHaveGridWorksNames(t *testing.T) {
	c := codec.New(codec.Options{})
	require.NoError(t, events.Register(c))
	text, err := c.Encode(codec.Message{Payload: events.Problem{
		Header: events.Header{MessageID: "5f0c", TimeNS: 7, Src: "s"}, ProblemType: events.Error, Summary: "a", Details: "b",
	}})
	require.NoError(t, err)
	require.Contains(t, string(text), `{"MessageId":"5f0c","TimeNS":7,"Src":"s","ProblemType":"error","Summary":"a","Details":"b","TypeName":"gridworks.event.problem","Version":"000"}`)
}
