package conn_test

import (
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

func TestLimits(t *testing.T) {
	l := dial(t, conn.Options{ClientID: "mine", Broker: fake(t, func(p *peer) {
		p.await(1)
		p.write(0x20, 29, 0, 0, 26,
			0x21, 0, 9, // Receive Maximum
			0x24, 1, // Maximum QoS
			0x25, 0, // no retained messages
			0x27, 0, 0, 0, 100, // Maximum Packet Size
			0x12, 0, 2, 'n', 'o', // the client id that it gives
			0x28, 0, // no wildcards
			0x29, 0, // no subscription identifiers
			0x2a, 0, // no shared subscriptions
			0x13, 0, 0, // no keep alive
		)
		p.await(14)
	})})
	require.Equal(t, "no", l.ClientID())
	require.Equal(t, conn.Limits{MaxQoS: 1, MaxPacket: 100, ReceiveMaximum: 9}, l.Limits())
	for _, m := range []mqtt.Message{{Topic: "a", QoS: 2}, {Topic: "a", Retain: true}, {Topic: "a", Payload: make([]byte, 100)}} {
		require.ErrorIs(t, l.Publish(m, nil), conn.ErrPublish)
	}
	require.NoError(t, l.Publish(mqtt.Message{Topic: "a", Payload: make([]byte, 80)}, nil))
	for _, s := range []conn.Subscription{{Filter: "#"}, {Filter: "a", ID: 1}, {Filter: "$share/g/a"}} {
		require.ErrorIs(t, l.Subscribe(t.Context(), s), conn.ErrSubscribe)
	}
	require.NoError(t, l.Close())
}

func TestUnsendable(t *testing.T) {
	long := strings.Repeat("x", 65_536)
	versions(t, func(t *testing.T, v conn.Version) {
		l := dial(t, conn.Options{Version: v, Broker: fake(t, func(p *peer) { p.accept(); p.await(14) })})
		bad := map[string]mqtt.Message{"topic": {Topic: "a/+"}, "no topic": {}, "QoS": {Topic: "a", QoS: 3}}
		for name, p := range map[string]mqtt.Properties{
			"format": {PayloadFormat: pointer(byte(2))}, "correlation": {CorrelationData: []byte(long)}, "response": {ResponseTopic: "#"},
			"content type": {ContentType: "\xff"}, "key": {User: []mqtt.UserProperty{{Key: "a\x00"}}}, "value": {User: []mqtt.UserProperty{{Value: long}}},
		} {
			m := mqtt.Message{Topic: "a", Properties: &p}
			if v == conn.V5 {
				bad[name] = m
				continue
			}
			require.NoError(t, l.Publish(m, nil), "3.1.1 leaves properties out")
		}
		for name, m := range bad {
			require.ErrorIs(t, l.Publish(m, func(error) { t.Error("done was called") }), conn.ErrPublish, name)
		}
		for name, s := range map[string]conn.Subscription{
			"filter": {Filter: "a#"}, "QoS": {Filter: "a", QoS: 3}, "handling": {Filter: "a", RetainHandling: 3},
			"identifier": {Filter: "a", ID: -1}, "large identifier": {Filter: "a", ID: 268_435_456}, "shared": {Filter: "$share/g/a", NoLocal: true},
		} {
			require.ErrorIs(t, l.Subscribe(t.Context(), s), conn.ErrSubscribe, name)
		}
		require.ErrorIs(t, l.Unsubscribe(t.Context(), "a#"), conn.ErrSubscribe)
		require.NoError(t, l.Subscribe(t.Context()))
		require.NoError(t, l.Unsubscribe(t.Context()))
		require.NoError(t, l.Close())
	})
}
