package conn_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// FuzzBroker lets a broker say anything, at once or after its CONNACK: the
// connection is refused, or lost, or goes on, and every done is called.
func FuzzBroker(f *testing.F) {
	for _, v5 := range []bool{false, true} {
		v := conn.V311
		ack := []byte{0x20, 2, 0, 0}
		if v5 {
			v, ack = conn.V5, []byte{0x20, 3, 0, 0, 0}
		}
		for _, seed := range [][]byte{
			{},
			{0x20, 2, 0, 5},
			{0x20, 3, 0, 0x86, 0},
			{0x20, 2, 0, 9},
			{0x15, 3, 1, 0, 2},
			[]byte("HTTP/1.1 400 Bad Request\r\n"),
			{0x20, 3, 0, 0, 0, 0x20, 3, 0, 0, 0},
			{0x20, 10, 0, 0, 7, 0x15, 0, 1, 'a', 0x16, 0, 0},
			{0x20, 6, 0, 0, 3, 0x21, 0, 0},
			{0x90, 4, 0, 1, 0, 1},
			{0x90, 3, 0, 1, 0x80},
			{0x90, 4, 0, 1, 0, 0},
			{0x90, 5, 0, 1, 0, 0, 1},
			{0xb0, 2, 0, 1},
			{0xb0, 4, 0, 1, 0, 0},
			{0x40, 2, 0x10, 1},
			{0x40, 2, 0x10, 2},
			{0x50, 2, 0x10, 2, 0x70, 2, 0x10, 2},
			{0x50, 2, 0xff, 0xff},
			{0x40, 8, 0x10, 1, 0x87, 4, 0x1f, 0, 1, 'x'},
			{0x62, 2, 0, 1},
			{0x60, 2, 0, 1},
			{0xd0, 0},
			{0xe0, 0},
			{0xe0, 2, 0x8b, 0},
			{0xf0, 2, 0, 0},
			{0x10, 0},
			{0, 0},
			{0x3f, 0xff, 0xff, 0xff, 0xff, 0xff},
			{0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 'a'},
			{0x30, 4, 0, 9, 'a', 0},
			{0x30, 4, 0, 1, '#', 0},
			{0x36, 6, 0, 1, 'a', 0, 1, 0},
			{0x32, 6, 0, 1, 'a', 0, 0, 0},
			{0x30, 4, 0, 1, 'a', 9},
			{0x30, 8, 0, 1, 'a', 0xff, 0xff, 0xff, 0xff, 1},
			{0x30, 7, 0, 1, 'a', 3, 0x23, 0, 1, 0x30, 6, 0, 0, 3, 0x23, 0, 1},
			{0x30, 6, 0, 0, 3, 0x23, 0, 200},
			{0x30, 3, 0, 0, 0},
			publishPacket(v, 0, "a", 0, "x"), publishPacket(v, 2, "a", 1, "x"), publishPacket(v, 4, "a", 1, "x"), publishPacket(v, 12, "a", 1, "x"),
		} {
			f.Add(v5, seed)
			f.Add(v5, append(append([]byte(nil), ack...), seed...))
			f.Add(v5, append(append(append([]byte(nil), ack...), publishPacket(v, 4, "b", 1, "x")...), seed...))
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	says, accepted := make(chan []byte, 1), make(chan struct{})
	go func() {
		defer close(accepted)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			p := &peer{nc: nc}
			p.write(<-says...)
			_ = nc.(*net.TCPConn).CloseWrite()
			drain(nc)
			_ = nc.Close()
		}
	}()
	f.Cleanup(func() { _ = l.Close(); <-accepted })
	f.Fuzz(func(t *testing.T, v5 bool, garbage []byte) {
		v := conn.V311
		if v5 {
			v = conn.V5
		}
		says <- garbage
		lost := make(chan error, 2)
		c, err := conn.Dial(t.Context(), conn.Options{
			Broker: "mqtt://" + l.Addr().String(), Version: v, Timeout: patience,
			OnLost: func(err error) { lost <- err },
			OnMessage: func(in conn.Incoming) {
				if err := mqtt.ValidateTopic(in.Topic); err != nil || in.QoS > 2 {
					t.Errorf("shown: %+v: %v", in, err)
				}
			},
		})
		if err != nil {
			if !errors.Is(err, conn.ErrConnect) || conn.Hint(err) == "" {
				t.Fatalf("Dial = %v", err)
			}
			return
		}
		done := make(chan error, 3)
		expected := 0
		for qos := range byte(3) {
			if c.Publish(mqtt.Message{Topic: "a", QoS: qos}, func(err error) { done <- err }) == nil {
				expected++
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_ = c.Subscribe(ctx, conn.Subscription{Filter: "a"}, conn.Subscription{Filter: "b"}) // whatever it was told
		_ = c.Unsubscribe(ctx, "a")
		select {
		case err := <-lost:
			if !errors.Is(err, conn.ErrLost) {
				t.Errorf("lost: %v", err)
			}
		case <-time.After(patience):
			t.Error("OnLost was not called")
		}
		_ = c.Close() // some was not acknowledged
		for range expected {
			select {
			case <-done:
			default:
				t.Error("a done was not called")
			}
		}
		if len(lost) > 0 || len(done) > 0 {
			t.Error("OnLost or a done was called twice")
		}
	})
}

func drain(nc net.Conn) {
	var b [4096]byte
	for {
		if _, err := nc.Read(b[:]); err != nil {
			return
		}
	}
}
