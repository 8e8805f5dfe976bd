package brokertest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/hubtape/hubtape/mqtt"
)

// inboxSize is more than any case sends to one client before it reads.
const inboxSize = 1 << 14

// Paho is a column of paho clients to a broker at url ("tcp://host:port").
// Clients that a case leaves connected are ended with the test.
func Paho(t testing.TB, address string, traits Traits) Column {
	t.Helper()
	return Column{Traits: traits, Dial: func(o ClientOptions) (Client, error) {
		c, err := dialPaho(address, o)
		if err == nil {
			t.Cleanup(c.hangUp)
		}
		return c, err
	}}
}

// pahoClient is a Client over the network.
type pahoClient struct {
	cl      paho.Client
	wire    *wire
	inbox   chan mqtt.Message
	present bool
	lost    chan struct{}
	once    sync.Once // closes lost
	ended   bool
}

func dialPaho(address string, o ClientOptions) (*pahoClient, error) {
	c := &pahoClient{inbox: make(chan mqtt.Message, inboxSize), lost: make(chan struct{})}
	opts := paho.NewClientOptions().AddBroker(address).SetClientID(o.ID).SetCleanSession(!o.Persistent).
		SetAutoReconnect(false).SetConnectRetry(false).SetKeepAlive(0).SetOrderMatters(true).
		SetConnectTimeout(Patience).SetWriteTimeout(Patience).SetProtocolVersion(4)
	if o.Will != nil {
		opts.SetBinaryWill(o.Will.Topic, o.Will.Payload, o.Will.QoS, o.Will.Retain)
	}
	opts.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
		nc, err := net.DialTimeout("tcp", u.Host, Patience)
		if err != nil {
			return nil, err
		}
		c.wire = &wire{TCPConn: nc.(*net.TCPConn)}
		return c.wire, nil
	})
	opts.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		c.inbox <- mqtt.Message{
			Topic: m.Topic(), Payload: m.Payload(), QoS: m.Qos(), Retain: m.Retained(), Dup: m.Duplicate(),
		}
	})
	opts.SetConnectionLostHandler(func(paho.Client, error) { c.once.Do(func() { close(c.lost) }) })
	c.cl = paho.NewClient(opts)
	token := c.cl.Connect()
	if err := wait(token, "connect"); err != nil {
		return nil, err
	}
	c.present = token.(*paho.ConnectToken).SessionPresent()
	return c, nil
}

func wait(token paho.Token, what string) error {
	if !token.WaitTimeout(Patience) {
		return fmt.Errorf("%s: no answer within %v", what, Patience)
	}
	return token.Error()
}

func (c *pahoClient) Publish(m mqtt.Message) error {
	return wait(c.cl.Publish(m.Topic, m.QoS, m.Retain, m.Payload), "publish")
}

func (c *pahoClient) Subscribe(filter string, qos byte) (byte, error) {
	token := c.cl.Subscribe(filter, qos, nil)
	if err := wait(token, "subscribe"); err != nil {
		return 0, err
	}
	for _, granted := range token.(*paho.SubscribeToken).Result() { // the only one; paho takes share names off its key
		if granted <= 2 {
			return granted, nil
		}
	}
	return 0, fmt.Errorf("subscribe to %q: refused", filter)
}

func (c *pahoClient) Unsubscribe(filter string) error {
	return wait(c.cl.Unsubscribe(filter), "unsubscribe")
}

func (c *pahoClient) Next(within time.Duration) (mqtt.Message, error) {
	select {
	case m := <-c.inbox:
		return m, nil
	case <-deadline(within):
		return mqtt.Message{}, fmt.Errorf("no message within %v", within)
	}
}

func (c *pahoClient) Present() bool { return c.present }

func (c *pahoClient) Disconnect() error {
	c.ended = true
	c.cl.Disconnect(250)
	return c.wire.awaitEnd()
}

func (c *pahoClient) Drop() error {
	c.ended = true
	err := c.wire.cut()
	c.cl.Disconnect(0) // lets paho's goroutines go; nothing is sent any more
	return err
}

func (c *pahoClient) Lost(within time.Duration) error {
	select {
	case <-c.lost:
		return nil
	case <-deadline(within):
		return fmt.Errorf("still connected after %v", within)
	}
}

func (c *pahoClient) hangUp() {
	if !c.ended {
		c.cl.Disconnect(0)
		_ = c.wire.TCPConn.Close()
	}
}

// wire is a connection that paho cannot close: its end is seen by the broker
// and then waited for, so that a case knows what the broker knows.
type wire struct {
	*net.TCPConn
	mu     sync.Mutex
	gone   bool // nothing is sent any more
	ending bool // awaitEnd has the reading side
}

// Close stops paho's reader, and leaves the connection to awaitEnd.
func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending {
		return nil // the reader sees the broker's end
	}
	return w.SetReadDeadline(time.Unix(1, 0))
}

// Write sends nothing after cut.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return 0, net.ErrClosed
	}
	return w.TCPConn.Write(p)
}

// cut ends the connection without a DISCONNECT, and waits until the broker has
// seen that.
func (w *wire) cut() error {
	w.mu.Lock()
	w.gone = true
	w.mu.Unlock()
	return w.awaitEnd()
}

// awaitEnd says that nothing more comes, and reads until the broker closes.
func (w *wire) awaitEnd() error {
	w.mu.Lock()
	w.ending = true
	err := w.SetReadDeadline(time.Now().Add(Patience))
	w.mu.Unlock()
	if err != nil {
		return err
	}
	_ = w.CloseWrite() // the broker may have been first
	_, err = io.Copy(io.Discard, w.TCPConn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("the broker did not end the connection")
	}
	_ = w.TCPConn.Close() // a reset by the broker is an end too
	return nil
}
