package broker

import (
	"slices"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

func open(t *testing.T, o Options) *Broker {
	t.Helper()
	rt := clock.NewVirtual(clock.VirtualOptions{})
	o.Runtime = rt
	b, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, b.Close())
		require.NoError(t, rt.Close())
	})
	return b
}

func pair(t *testing.T, b *Broker, filter string) (pub, sub *Session) {
	t.Helper()
	pub, err := b.Connect(ConnectOptions{ClientID: "pub"})
	require.NoError(t, err)
	sub, err = b.Connect(ConnectOptions{ClientID: "sub", Wake: func() {}})
	require.NoError(t, err)
	_, err = sub.Subscribe(filter, 2)
	require.NoError(t, err)
	return pub, sub
}

// A publish to a subscriber, without network clients, allocates nothing; that
// is mochi's whole packet path, the trie, the tap and the queue.
func TestPublishDoesNotAllocate(t *testing.T) {
	events := 0
	b := open(t, Options{Tap: func(Event) { events++ }, TapDeliveries: true})
	pub, sub := pair(t, b, "zigbee2mqtt/+/#")
	_, err := sub.Subscribe("zigbee2mqtt/#", 1)
	require.NoError(t, err)
	m := mqtt.Message{Topic: "zigbee2mqtt/hall/state", Payload: []byte("{}"), QoS: 1}
	allocs := testing.AllocsPerRun(1000, func() {
		if err := pub.Publish(m); err != nil {
			t.Fatal(err)
		}
		if _, ok := sub.Receive(); !ok {
			t.Fatal("nothing was delivered")
		}
	})
	require.Zero(t, allocs)
	require.Positive(t, events)
}

func TestMatchDoesNotAllocate(t *testing.T) {
	var tr trie
	for i, f := range []string{"#", "a/#", "a/+/c", "a/b/c", "+/b/#"} {
		tr.insert(&subscription{filter: f, seq: uint64(5 - i)})
	}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if len(tr.match("a/b/c")) != 5 {
			t.Fatal("not all found")
		}
	}))
}

// veto is a hook of mochi's that answers every publish with an error.
type veto struct {
	mochi.HookBase
	err error
}

func (v *veto) ID() string               { return "veto" }
func (v *veto) Provides(which byte) bool { return which == mochi.OnPublish }

func (v *veto) OnPublish(_ *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	return pk, v.err
}

func TestWhatMochiRejectsIsNotDelivered(t *testing.T) {
	b := open(t, Options{})
	require.NoError(t, b.server.AddHook(&veto{err: packets.ErrRejectPacket}, nil))
	pub, sub := pair(t, b, "#")
	require.ErrorIs(t, pub.Publish(mqtt.Message{Topic: "a"}), ErrRefused)
	require.Zero(t, sub.Pending())
}

func TestWhatMochiIgnoresIsNotDelivered(t *testing.T) {
	b := open(t, Options{})
	require.NoError(t, b.server.AddHook(&veto{err: packets.CodeSuccessIgnore}, nil))
	pub, sub := pair(t, b, "#")
	require.NoError(t, pub.Publish(mqtt.Message{Topic: "a", Retain: true, Payload: []byte("x")}))
	require.Zero(t, sub.Pending())
	require.Empty(t, b.Retained("#"))
}

// The message of one publish must not leave a trace in the packet of the next.
func TestTheReusedPacketIsEmpty(t *testing.T) {
	b := open(t, Options{})
	pub, sub := pair(t, b, "#")
	format, expiry := byte(1), uint32(60)
	full := mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 2, Properties: &mqtt.Properties{
		PayloadFormat: &format, ExpirySeconds: &expiry, ContentType: "json", ResponseTopic: "r",
		CorrelationData: []byte{1}, User: []mqtt.UserProperty{{Key: "k", Value: "v"}},
	}}
	require.NoError(t, pub.Publish(full))
	require.NoError(t, pub.Publish(mqtt.Message{Topic: "b"}))
	got, _ := sub.Receive()
	require.True(t, got.Equal(full), "%+v", got)
	got, _ = sub.Receive()
	require.True(t, got.Equal(mqtt.Message{Topic: "b"}), "%+v", got)
	empty := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish}, Ignore: true}
	require.Equal(t, empty, b.now.packet)
}

func TestRetainedPropertiesSurvive(t *testing.T) {
	b := open(t, Options{})
	format, expiry := byte(0), uint32(60)
	m := mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1, Retain: true, Properties: &mqtt.Properties{
		PayloadFormat: &format, ExpirySeconds: &expiry, ContentType: "json", ResponseTopic: "r",
		CorrelationData: []byte{1}, User: []mqtt.UserProperty{{Key: "k", Value: "v"}, {Key: "k", Value: "w"}},
	}}
	require.NoError(t, b.SetRetained(m))
	got := b.Retained("a")
	require.Len(t, got, 1)
	require.True(t, got[0].Equal(m), "%+v", got[0])
}

func TestResendsKeepTheirOrder(t *testing.T) {
	require.Empty(t, inOrder(nil))
	for name, sent := range map[string][]uint16{
		"ascending":     {5, 6, 7},
		"round the end": {65533, 65534, 65535, 1, 2},
		"with gaps":     {65000, 65530, 3, 900},
		"one":           {7},
	} {
		t.Run(name, func(t *testing.T) {
			shuffled := slices.Clone(sent)
			slices.Reverse(shuffled)
			require.Equal(t, sent, inOrder(shuffled))
		})
	}
}

func TestAForgottenClientLeavesNothing(t *testing.T) {
	b := open(t, Options{})
	for range 3 {
		s, err := b.Connect(ConnectOptions{ClientID: "x"})
		require.NoError(t, err)
		for _, f := range []string{"a/#", "$share/g/b", "+/c"} {
			_, err = s.Subscribe(f, 1)
			require.NoError(t, err)
		}
		require.NoError(t, s.Disconnect())
	}
	require.Empty(t, b.clients)
	require.Empty(t, b.order)
	require.Empty(t, b.edge.names.inProcess)
	require.Empty(t, b.edge.names.ours)
	require.Empty(t, b.subs.root.children)
	require.Nil(t, b.subs.root.plus)
}
