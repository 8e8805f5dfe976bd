package capture

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
)

// scripted is a broker of MQTT 3.1.1 that does with each connection what the next
// function says, once it has subscribed; then it closes it.
func scripted(t *testing.T, course ...func(nc net.Conn, s *packets.SubscribePacket)) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, do := range course {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			for {
				p, err := packets.ReadPacket(nc)
				if err != nil {
					break
				}
				if _, ok := p.(*packets.ConnectPacket); ok {
					_ = packets.NewControlPacket(packets.Connack).Write(nc)
				}
				if s, ok := p.(*packets.SubscribePacket); ok {
					do(nc, s)
					break
				}
			}
			_ = nc.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "mqtt://" + l.Addr().String()
}

// answer answers a SUBSCRIBE, and says something on a topic before it.
func answer(nc net.Conn, s *packets.SubscribePacket, code byte, topic string) {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName = topic
	_ = p.Write(nc)
	a := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
	a.MessageID, a.ReturnCodes = s.MessageID, []byte{code}
	_ = a.Write(nc)
}

func to(address string) Options {
	return Options{Brokers: []Broker{{Connection: conn.Options{Broker: address, Version: conn.V311}}}}
}

// onConnected is a log that calls a function when a connection stands.
type onConnected func()

func (f onConnected) Enabled(context.Context, slog.Level) bool { return true }
func (f onConnected) WithAttrs([]slog.Attr) slog.Handler       { return f }
func (f onConnected) WithGroup(string) slog.Handler            { return f }

func (f onConnected) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "connected" {
		f()
	}
	return nil
}

// A connection that is given up before it stands is not the end of a gap for
// good, whatever was heard on it.
func TestGapGoesOnAfterHalfAConnection(t *testing.T) {
	stay, stands := make(chan struct{}), make(chan struct{})
	address := scripted(
		t,
		// Closed at once, the connection might be lost before its SUBACK is read,
		// and a first one that fails is no gap but the end.
		func(nc net.Conn, s *packets.SubscribePacket) { answer(nc, s, 0, "one"); <-stands },
		func(nc net.Conn, s *packets.SubscribePacket) { answer(nc, s, 0x80, "two") },
		func(nc net.Conn, s *packets.SubscribePacket) { answer(nc, s, 0, "three"); <-stay },
	)
	path := filepath.Join(t.TempDir(), "a.hubtape")
	d, err := deck.Open(deck.Options{Path: path})
	require.NoError(t, err)
	o := to(address)
	o.Log = slog.New(onConnected(sync.OnceFunc(func() { close(stands) })))
	c, err := New(d, o)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for d.Progress().Messages < 3 {
		select {
		case <-tick.C:
		case err := <-served:
			t.Fatalf("it ended after %d messages: %v", d.Progress().Messages, err)
		}
	}
	stop()
	close(stay)
	require.NoError(t, <-served)
	require.NoError(t, d.Close())

	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer tape.Close()
	var got []string
	for cur := tape.Cursor(recorder.Query{}); cur.Next(); {
		if r := cur.Record(); r.Kind != recorder.KindNote {
			got = append(got, r.Kind.String()+" "+r.Topic)
		}
	}
	require.Equal(t, []string{"message one", "gap ", "message two", "gap ", "message three"}, got)
}

// A new connection gets what is retained anyhow: what the deck asked for before
// it stands is not asked for once more.
func TestAskedWhileDisconnected(t *testing.T) {
	stay := make(chan struct{})
	defer close(stay)
	address := scripted(t, func(nc net.Conn, s *packets.SubscribePacket) { answer(nc, s, 0, "one"); <-stay })
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "a.hubtape")})
	require.NoError(t, err)
	o, err := to(address).withDefaults()
	require.NoError(t, err)
	h := newHub(d, o.Brokers[0], o)
	h.source.Head()
	l, err := h.connect(t.Context())
	require.NoError(t, err)
	require.Empty(t, h.ask)
	h.source.Head()
	require.Len(t, h.ask, 1)
	require.NoError(t, l.Close())
	require.NoError(t, d.Discard())
}

// A full queue drops messages of QoS 0, and makes those of QoS 1 wait, which keeps
// the broker from being told that we have them.
func TestFullQueue(t *testing.T) {
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "a.hubtape"), QueueBytes: 1000})
	require.NoError(t, err)
	h := newHub(d, Broker{}, Options{Log: slog.New(slog.DiscardHandler)})
	say := func(qos byte) {
		h.received(conn.Incoming{Message: mqtt.Message{Topic: "a", Payload: make([]byte, 500), QoS: qos}})
	}
	say(0)
	say(0) // nobody takes from the queue: this returns, or the test hangs
	require.EqualValues(t, 1, d.Progress().Dropped)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		say(1)
	}()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	<-waited
	stop()
	require.NoError(t, <-done)
	require.EqualValues(t, 2, d.Progress().Messages)
	require.EqualValues(t, 1, d.Progress().Dropped)
	require.NoError(t, d.Close())
}
