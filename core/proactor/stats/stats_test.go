package stats_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/stats"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

func add(t *testing.T, s *stats.Stats, name string) *stats.Link {
	t.Helper()
	l, err := s.AddLink(name)
	require.NoError(t, err)
	return l
}

func TestCounts(t *testing.T) {
	s := stats.New()
	parent, child := add(t, s, "parent"), add(t, s, "child")
	for _, topic := range []string{"gw/p/to/s/gridworks-ack", "gw/p/to/s/gridworks-ack", "gw/p/to/s/send-snap"} {
		parent.Topic(topic)
	}
	parent.Received("gridworks.ack")
	child.Topic("gw/c/to/s/gridworks-event-startup")
	child.Topic("gw/c/to/s/gridworks-event-startup")
	child.Topic("gw/c/to/s/gridworks-event-comm-mqtt-connect")
	child.Received("gridworks.event.startup")
	s.Message("gridworks.ack")
	s.Message("gridworks.shutdown")
	s.Message("gridworks.ack")
	child.CommEvent("gridworks.event.comm.mqtt.connect")
	child.Timeouts++
	child.ReuploadsStarted += 2
	child.ReuploadsCompleted++

	t.Run("GW-221 by type, overall and per link", func(t *testing.T) {
		require.Equal(t, []int{2, 1, 3}, []int{s.Types.Of("gridworks.ack"), s.Types.Of("gridworks.shutdown"), s.Types.Total()})
		require.Equal(t, []int{1, 0}, []int{parent.Types.Of("gridworks.ack"), child.Types.Of("gridworks.ack")})
	})
	t.Run("GW-221 by topic, overall and per link", func(t *testing.T) {
		require.Equal(t, []int{2, 2, 0, 6, 3}, []int{
			s.Topics.Of("gw/p/to/s/gridworks-ack"), parent.Topics.Of("gw/p/to/s/gridworks-ack"), child.Topics.Of("gw/p/to/s/gridworks-ack"), s.Topics.Total(), child.Topics.Total(),
		})
	})
	t.Run("GW-221 events by their topics", func(t *testing.T) {
		require.Equal(t, []int{0, 3}, []int{parent.Events(), child.Events()})
	})
	t.Run("GW-221 comm events per link", func(t *testing.T) {
		require.Equal(t, []int{0, 1}, []int{parent.CommEvents.Total(), child.CommEvents.Of("gridworks.event.comm.mqtt.connect")})
	})
	t.Run("GW-222 a type that was never seen", func(t *testing.T) {
		require.Zero(t, s.Types.Of("x"))
	})
	t.Run("GW-221 GW-223 as a sorted text", func(t *testing.T) {
		require.Equal(t, `messages by type: 3
       2  gridworks.ack
       1  gridworks.shutdown
received by topic: 6
       1  gw/c/to/s/gridworks-event-comm-mqtt-connect
       2  gw/c/to/s/gridworks-event-startup
       2  gw/p/to/s/gridworks-ack
       1  gw/p/to/s/send-snap
link parent: 3 received, 0 events, 0 timeouts, 0 of 0 reuploads completed
  by type: 1
         1  gridworks.ack
  by topic: 3
         2  gw/p/to/s/gridworks-ack
         1  gw/p/to/s/send-snap
  comm events: 0
link child: 3 received, 3 events, 1 timeouts, 1 of 2 reuploads completed
  by type: 1
         1  gridworks.event.startup
  by topic: 3
         1  gw/c/to/s/gridworks-event-comm-mqtt-connect
         2  gw/c/to/s/gridworks-event-startup
  comm events: 1
         1  gridworks.event.comm.mqtt.connect
`, s.String())
	})
}

func TestLinks(t *testing.T) {
	s := stats.New()
	l := add(t, s, "parent")
	t.Run("GW-222 a link is added once", func(t *testing.T) {
		_, err := s.AddLink("parent")
		require.ErrorIs(t, err, stats.ErrLinkExists)
		require.EqualError(t, err, `add link "parent": the link is there already`)
		require.Equal(t, []*stats.Link{l}, s.Links())
	})
	t.Run("GW-222 an unknown link is an error", func(t *testing.T) {
		_, err := s.Link("child")
		require.ErrorIs(t, err, stats.ErrNoLink)
		same, err := s.Link("parent")
		require.NoError(t, err)
		require.Same(t, l, same)
	})
	s.Links()[0] = nil
	require.Equal(t, []*stats.Link{l}, s.Links())
}

// The whole is the sum of the links, in whatever order things come.
func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stats.New()
		var links []*stats.Link
		for _, name := range []string{"a", "b", "c"} {
			l, err := s.AddLink(name)
			if err != nil {
				t.Fatal(err)
			}
			links = append(links, l)
		}
		topic := rapid.SampledFrom([]string{"x", "y", "gridworks-event"})
		for range rapid.IntRange(0, 50).Draw(t, "messages") {
			rapid.SampledFrom(links).Draw(t, "link").Topic(topic.Draw(t, "topic"))
		}
		for _, name := range s.Topics.Names() {
			sum := 0
			for _, l := range links {
				sum += l.Topics.Of(name)
			}
			if sum != s.Topics.Of(name) {
				t.Fatalf("%s: %d on all links, %d overall", name, sum, s.Topics.Of(name))
			}
		}
	})
}

func TestTooManyNames(t *testing.T) {
	s := stats.New()
	for i := range stats.NamesMax + 50 {
		s.Message(fmt.Sprint("type", i))
	}
	s.Message("type7")
	require.Equal(t, stats.NamesMax+51, s.Types.Total())
	require.Len(t, s.Types.Names(), stats.NamesMax+1)
	require.Equal(t, 50, s.Types.Of(stats.Others))
	require.Equal(t, 2, s.Types.Of("type7"), "those that are known go on being counted")
}
