package broker_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

// newBroker is a broker in a virtual world, closed with the test.
func newBroker(tb testing.TB, o broker.Options) *broker.Broker {
	tb.Helper()
	if o.Runtime == nil {
		rt := clock.NewVirtual(clock.VirtualOptions{})
		tb.Cleanup(func() {
			if err := rt.Close(); err != nil {
				tb.Error(err)
			}
		})
		o.Runtime = rt
	}
	b, err := broker.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

func connect(tb testing.TB, b *broker.Broker, o broker.ConnectOptions) *broker.Session {
	tb.Helper()
	s, err := b.Connect(o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func subscribe(tb testing.TB, s *broker.Session, filter string, qos byte) {
	tb.Helper()
	if _, err := s.Subscribe(filter, qos); err != nil {
		tb.Fatal(err)
	}
}

func publish(tb testing.TB, s *broker.Session, m mqtt.Message) {
	tb.Helper()
	if err := s.Publish(m); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkPublishToOneSession(b *testing.B) {
	for _, c := range []struct {
		name   string
		tap    func(broker.Event)
		qos    byte
		retain bool
		served bool
	}{
		{"qos0", nil, 0, false, false},
		{"qos1", nil, 1, false, false},
		{"tap", func(broker.Event) {}, 0, false, false},
		{"retained", nil, 0, true, false},
		{"served", nil, 0, false, true}, // mochi looks for network subscribers
	} {
		b.Run(c.name, func(b *testing.B) {
			br := newBroker(b, broker.Options{Tap: c.tap})
			if c.served {
				if _, err := br.Serve(broker.ListenOptions{Address: "127.0.0.1:0"}); err != nil {
					b.Fatal(err)
				}
			}
			hall := connect(b, br, broker.ConnectOptions{ClientID: "hall", Wake: func() {}})
			subscribe(b, hall, "zigbee2mqtt/#", 1)
			lamp := connect(b, br, broker.ConnectOptions{ClientID: "lamp"})
			m := mqtt.Message{Topic: "zigbee2mqtt/lamp", Payload: make([]byte, 180), QoS: c.qos, Retain: c.retain}
			b.ReportAllocs()
			for b.Loop() {
				if err := lamp.Publish(m); err != nil {
					b.Fatal(err)
				}
				if _, ok := hall.Receive(); !ok {
					b.Fatal("nothing was delivered")
				}
			}
		})
	}
}

func BenchmarkPublish10kTopics(b *testing.B) {
	br := newBroker(b, broker.Options{})
	hall := connect(b, br, broker.ConnectOptions{ClientID: "hall"})
	lamp := connect(b, br, broker.ConnectOptions{ClientID: "lamp"})
	topics := make([]string, 10_000)
	for i := range topics {
		topics[i] = fmt.Sprintf("zigbee2mqtt/device %d/state", i)
		subscribe(b, hall, topics[i], 0)
	}
	payload := make([]byte, 180)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if err := lamp.Publish(mqtt.Message{Topic: topics[i%len(topics)], Payload: payload}); err != nil {
			b.Fatal(err)
		}
		if _, ok := hall.Receive(); !ok {
			b.Fatal("nothing was delivered")
		}
		i++
	}
}

func BenchmarkConnectDisconnect(b *testing.B) {
	br := newBroker(b, broker.Options{})
	b.ReportAllocs()
	for b.Loop() {
		if err := connect(b, br, broker.ConnectOptions{ClientID: "hall"}).Disconnect(); err != nil {
			b.Fatal(err)
		}
	}
}
