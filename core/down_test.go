package core_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

// A connection that is not made again says so, whatever the QoS.
func TestPublishOnALostConnection(t *testing.T) {
	through, cutOff := passage(t, serve(t))
	lost := make(chan struct{}, 10)
	k, err := link.Dial(context.Background(), link.DialOptions{Broker: through, ClientID: "a", Once: true, Timeout: 5 * time.Second}, func() { lost <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	cutOff()
	for down := false; !down; {
		<-lost
		for a, ok := k.Receive(); ok; a, ok = k.Receive() {
			down = down || a.Kind == link.ArrivedDown
		}
	}
	for qos := range byte(3) {
		if err := k.Publish(mqtt.Message{Topic: "hello", QoS: qos}); !errors.Is(err, link.ErrDown) {
			t.Errorf("Publish at QoS %d = %v, want link.ErrDown", qos, err)
		}
	}
	if err := k.Subscribe("hello", 0); !errors.Is(err, link.ErrDown) {
		t.Errorf("Subscribe = %v, want link.ErrDown", err)
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}

// passage leads one connection to a broker, and can be cut.
func passage(t *testing.T, broker string) (url string, cutOff func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.Dial("tcp", broker[len("mqtt://"):])
	if err != nil {
		t.Fatal(err)
	}
	near, done := make(chan net.Conn, 1), make(chan struct{}, 2)
	pass := func(to, from net.Conn) {
		_, _ = to.(*net.TCPConn).ReadFrom(from)
		done <- struct{}{}
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		near <- c
		go pass(far, c)
		pass(c, far)
	}()
	return "mqtt://" + l.Addr().String(), func() {
		c := <-near
		_, _, _ = c.Close(), far.Close(), l.Close()
		<-done
		<-done
	}
}
