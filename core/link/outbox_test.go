package link_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// A broker that does not read holds nobody up who publishes, and all comes when it
// reads again, in order, before the client leaves.
func TestPublishDoesNotWait(t *testing.T) {
	const n, size = 200, 256 << 10 // more than the buffers of a connection hold
	for name, once := range map[string]bool{"made again": false, "once": true} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			published, got := make(chan struct{}), make(chan error, 1)
			go func() { got <- readLate(ln, published, n) }()
			transport, err := link.Dial(context.Background(), link.DialOptions{
				Broker: "mqtt://" + ln.Addr().String(), ClientID: "hall", Once: once,
			}, func() {})
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if err := transport.Publish(mqtt.Message{Topic: "x", Payload: bytes.Repeat([]byte{byte(i)}, size)}); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
			}
			close(published)
			if err := errors.Join(transport.Close(), <-got); err != nil {
				t.Error(err)
			}
		})
	}
}

// readLate is a broker of one client, which reads n messages when it is told to.
func readLate(ln net.Listener, published <-chan struct{}, n int) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := packets.ReadPacket(conn); err != nil {
		return err
	}
	if err := packets.NewControlPacket(packets.Connack).Write(conn); err != nil {
		return err
	}
	<-published
	for i := range n {
		p, err := packets.ReadPacket(conn)
		if err != nil {
			return err
		}
		if m, ok := p.(*packets.PublishPacket); !ok || m.Payload[0] != byte(i) {
			return errors.New("it is another message than the one that was published")
		}
	}
	_, err = io.Copy(io.Discard, conn) // up to its goodbye
	return err
}
