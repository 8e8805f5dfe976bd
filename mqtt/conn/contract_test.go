package conn_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

func pointer[T any](v T) *T { return &v }

func TestOrderAndQoS(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		hears, says := dial(t, o.Options), dial(t, o.Options)
		require.Equal(t, o.Version, hears.Version())
		require.True(t, strings.HasPrefix(hears.ClientID(), "hubtape-") && len(hears.ClientID()) == 16, hears.ClientID())
		require.NotEqual(t, hears.ClientID(), says.ClientID())
		hears.subscribe(t, conn.Subscription{Filter: "t/#", QoS: 2})
		rounds := min(300, 3*o.burst)
		var seen [3]int
		for round := 0; round < rounds; round += o.burst {
			var messages []mqtt.Message
			for i := range o.burst {
				for qos := range byte(3) {
					messages = append(messages, mqtt.Message{Topic: fmt.Sprintf("t/%d", qos), Payload: fmt.Append(nil, round+i), QoS: qos})
				}
			}
			says.publish(t, messages...)
			// QoS 2 goes on when it is released, so each topic has an order of its own.
			for range messages {
				m := hears.hear(t)
				require.Equal(t, fmt.Sprintf("t/%d", m.QoS), m.Topic)
				require.Equal(t, fmt.Sprint(seen[m.QoS]), string(m.Payload))
				require.False(t, m.Retain || m.Dup)
				require.Nil(t, m.Properties)
				require.Zero(t, m.Subscription)
				seen[m.QoS]++
			}
		}
		require.Equal(t, [3]int{rounds, rounds, rounds}, seen)
		require.NoError(t, hears.Unsubscribe(t.Context(), "t/#"))
		hears.subscribe(t, conn.Subscription{Filter: "end", QoS: 0})
		says.publish(t, mqtt.Message{Topic: "t/1", QoS: 1, Payload: []byte("unheard")}, mqtt.Message{Topic: "end", QoS: 1})
		last := hears.hear(t)
		require.Equal(t, "end", last.Topic)
		require.EqualValues(t, 0, last.QoS)
		require.Empty(t, last.Payload)
		require.NoError(t, hears.Close())
		require.NoError(t, says.Close())
		require.Empty(t, hears.lost)
		require.Empty(t, says.lost)
	})
}

func TestRetained(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		says := dial(t, o.Options)
		says.publish(t, mqtt.Message{Topic: "r", Payload: []byte("old"), QoS: 1, Retain: true})
		plain, asPublished := dial(t, o.Options), dial(t, o.Options)
		plain.subscribe(t, conn.Subscription{Filter: "r", QoS: 1})
		asPublished.subscribe(t, conn.Subscription{Filter: "r", QoS: 1, RetainAsPublished: true})
		for _, l := range []*listener{plain, asPublished} {
			m := l.hear(t)
			require.Equal(t, "old", string(m.Payload))
			require.True(t, m.Retain)
		}
		says.publish(t, mqtt.Message{Topic: "r", Payload: []byte("new"), QoS: 1, Retain: true})
		m := plain.hear(t)
		require.Equal(t, "new", string(m.Payload))
		require.False(t, m.Retain)
		require.Equal(t, o.Version == conn.V5, asPublished.hear(t).Retain)

		if o.Version != conn.V5 {
			return
		}
		none := dial(t, o.Options)
		none.subscribe(t, conn.Subscription{Filter: "r", QoS: 1, RetainHandling: 2, NoLocal: true})
		none.publish(t, mqtt.Message{Topic: "r", Payload: []byte("its own"), QoS: 1})
		says.publish(t, mqtt.Message{Topic: "r", Payload: []byte("newest"), QoS: 1, Retain: true})
		require.Equal(t, "newest", string(none.hear(t).Payload), "a retained message or its own has come")
	})
}

func TestSubscriptionIdentifier(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		l := dial(t, o.Options)
		require.Equal(t, o.Version == conn.V5, l.Limits().SubscriptionIDs)
		l.subscribe(t,
			conn.Subscription{Filter: "a", ID: 7}, conn.Subscription{Filter: "b", ID: 7},
			conn.Subscription{Filter: "c", ID: 268_435_455}, conn.Subscription{Filter: "d"})
		l.publish(t, mqtt.Message{Topic: "a"}, mqtt.Message{Topic: "b"}, mqtt.Message{Topic: "c"}, mqtt.Message{Topic: "d"})
		want := map[string]int{"a": 7, "b": 7, "c": 268_435_455, "d": 0}
		for range 4 {
			m := l.hear(t)
			if o.Version == conn.V5 {
				require.Equal(t, want[m.Topic], m.Subscription, m.Topic)
			} else {
				require.Zero(t, m.Subscription)
			}
		}
	})
}

func TestProperties(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		l := dial(t, o.Options)
		l.subscribe(t, conn.Subscription{Filter: "p", QoS: 2})
		for qos := range byte(3) {
			sent := mqtt.Message{Topic: "p", Payload: []byte("äö"), QoS: qos, Properties: &mqtt.Properties{
				PayloadFormat: pointer(byte(1)), ExpirySeconds: pointer(uint32(3600)), ContentType: "text/plain", ResponseTopic: "answer/here",
				CorrelationData: []byte{0, 255, 1},
				User:            []mqtt.UserProperty{{Key: "b", Value: "2"}, {Key: "a", Value: "1"}, {Key: "b", Value: "3"}, {}},
			}}
			l.publish(t, sent)
			got := l.hear(t)
			if o.Version != conn.V5 {
				sent.Properties = nil
			} else if left := *got.Properties.ExpirySeconds; left <= 3600 && left > 3500 { // it may have waited for a moment
				*got.Properties.ExpirySeconds = 3600
			}
			require.Equal(t, sent, got.Message)
		}
		l.publish(t, mqtt.Message{Topic: "p", Properties: &mqtt.Properties{PayloadFormat: pointer(byte(0))}})
		if got := l.hear(t).Properties; o.Version == conn.V5 {
			require.Equal(t, &mqtt.Properties{PayloadFormat: pointer(byte(0))}, got)
		} else {
			require.Nil(t, got)
		}
	})
}

func TestLargePayload(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		l := dial(t, o.Options)
		l.subscribe(t, conn.Subscription{Filter: "large", QoS: 1})
		large := bytes.Repeat([]byte("0123456789abcde\n"), 5<<20/16)
		l.publish(t, mqtt.Message{Topic: "large", Payload: large, QoS: 1}, mqtt.Message{Topic: "large", Payload: large[:100_001]})
		for range 2 {
			got := l.hear(t)
			require.True(t, bytes.Equal(large[:len(got.Payload)], got.Payload))
			require.Contains(t, []int{len(large), 100_001}, len(got.Payload))
		}
	})
}

// What was handed over is sent, whatever its QoS, though Close follows at once.
func TestClose(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		hears, says := dial(t, o.Options), dial(t, o.Options)
		hears.subscribe(t, conn.Subscription{Filter: "c/#"})
		done := make(chan error, 300)
		for i := range 300 {
			m := mqtt.Message{Topic: fmt.Sprintf("c/%d", i%3), QoS: byte(i % 3)}
			require.NoError(t, says.Publish(m, func(err error) { done <- err }))
		}
		require.NoError(t, says.Close())
		require.NoError(t, says.Close())
		for range 300 {
			require.NoError(t, next(t, "a done", done))
			hears.hear(t)
		}
		for qos := range byte(3) {
			err := says.Publish(mqtt.Message{Topic: "c", QoS: qos}, func(error) { t.Error("done was called") })
			require.ErrorIs(t, err, conn.ErrClosed)
		}
		require.ErrorIs(t, says.Subscribe(t.Context(), conn.Subscription{Filter: "c"}), conn.ErrClosed)
		require.ErrorIs(t, says.Unsubscribe(t.Context(), "c"), conn.ErrClosed)
		require.Empty(t, says.lost)
	})
}

// A will comes when the connection is cut, and not when it is closed.
func TestWill(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		hears := dial(t, o.Options)
		hears.subscribe(t, conn.Subscription{Filter: "will/#", QoS: 1})
		for _, name := range []string{"closed", "cut"} {
			wills := o.Options
			wills.Will = &mqtt.Message{Topic: "will/" + name, Payload: []byte("gone"), QoS: 1, Properties: &mqtt.Properties{
				User: []mqtt.UserProperty{{Key: "k", Value: "v"}},
			}}
			p := proxy(t, o.Broker)
			wills.Broker = p.address
			l := dial(t, wills)
			if name == "closed" {
				require.NoError(t, l.Close())
				continue
			}
			p.cut()
			require.ErrorIs(t, next(t, "the loss", l.lost), conn.ErrLost)
		}
		got := hears.hear(t)
		require.Equal(t, "will/cut", got.Topic)
		if o.Version == conn.V5 {
			require.Equal(t, []mqtt.UserProperty{{Key: "k", Value: "v"}}, got.Properties.User)
		}
	})
}
