package conn_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// fake is a broker that does what a test says, with one goroutine for each
// connection.
func fake(t testing.TB, script func(p *peer)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	running.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer nc.Close()
				defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
				script(&peer{nc: nc, in: bufio.NewReader(nc)})
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = l.Close()
		running.Wait()
	})
	return "mqtt://" + l.Addr().String()
}

// peer is a fake broker's side of a connection. After the end of it reads give
// nil and writes do nothing.
type peer struct {
	nc net.Conn
	in *bufio.Reader
}

// read returns the first byte and the body of the next packet.
func (p *peer) read() (first byte, body []byte) {
	first, err := p.in.ReadByte()
	if err != nil {
		return 0, nil
	}
	n := 0
	for shift := 0; ; shift += 7 {
		b, err := p.in.ReadByte()
		if err != nil {
			return 0, nil
		}
		n |= int(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	body = make([]byte, n)
	for i := range body {
		if body[i], err = p.in.ReadByte(); err != nil {
			return 0, nil
		}
	}
	return first, body
}

// await reads up to a packet of a kind; zeros after the end of the connection.
func (p *peer) await(kind byte) []byte {
	for {
		first, body := p.read()
		if first == 0 {
			return make([]byte, 8)
		}
		if first>>4 == kind {
			return body
		}
	}
}

func (p *peer) write(b ...byte) { _, _ = p.nc.Write(b) }

// accept answers a CONNECT with the version's CONNACK, and reports the version.
func (p *peer) accept() conn.Version {
	body := p.await(1)
	if len(body) < 7 {
		return 0
	}
	if body[6] == 5 {
		p.write(0x20, 3, 0, 0, 0)
	} else {
		p.write(0x20, 2, 0, 0)
	}
	return conn.Version(body[6])
}

// publishPacket is a short PUBLISH.
func publishPacket(v conn.Version, flags byte, topic string, id uint16, payload string) []byte {
	body := append([]byte{0, byte(len(topic))}, topic...)
	if flags&6 != 0 {
		body = append(body, byte(id>>8), byte(id))
	}
	if v == conn.V5 {
		body = append(body, 0)
	}
	body = append(body, payload...)
	return append([]byte{0x30 | flags, byte(len(body))}, body...)
}

func versions(t *testing.T, test func(t *testing.T, v conn.Version)) {
	for _, v := range []conn.Version{conn.V311, conn.V5} {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}

// A broker that is gone and a network that is cut: OnLost is called once, after
// every done has been called with ErrLost.
func TestLost(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		p := proxy(t, o.Broker)
		o.Broker = p.address
		l := dial(t, o.Options)
		l.subscribe(t, conn.Subscription{Filter: "#", QoS: 0})
		l.publish(t, mqtt.Message{Topic: "a", QoS: 1})
		l.hear(t)
		p.cut()
		require.ErrorIs(t, next(t, "the loss", l.lost), conn.ErrLost)
		require.ErrorIs(t, l.Publish(mqtt.Message{Topic: "a"}, nil), conn.ErrLost)
		require.ErrorIs(t, l.Publish(mqtt.Message{Topic: "a", QoS: 2}, nil), conn.ErrLost)
		require.ErrorIs(t, l.Subscribe(t.Context(), conn.Subscription{Filter: "b"}), conn.ErrLost)
		require.NoError(t, l.Close())
		require.Empty(t, l.lost)
	})
}

func TestBrokerStops(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		b := serve(t, setup{scheme: "mqtt"})
		l := dial(t, options(t, b.address, v))
		b.stop()
		err := next(t, "the loss", l.lost)
		require.ErrorIs(t, err, conn.ErrLost)
		if v == conn.V5 {
			require.ErrorContains(t, err, "server shutting down (code 0x8b)")
		} else {
			require.EqualError(t, err, "the connection was lost: the broker closed it")
		}
		require.NoError(t, l.Close())
	})
}

// What is not acknowledged fails, oldest first, when the connection goes.
func TestPendingIsLost(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		end := make(chan struct{})
		l := dial(t, conn.Options{Version: v, Broker: fake(t, func(p *peer) {
			p.accept()
			for range 20 {
				p.await(3)
			}
			<-end
		})})
		var order []int
		pending := make(chan error, 20)
		for i := range 20 {
			require.NoError(t, l.Publish(mqtt.Message{Topic: "a", QoS: byte(1 + i%2)}, func(err error) {
				order = append(order, i)
				pending <- err
			}))
		}
		require.Empty(t, pending)
		close(end)
		require.ErrorIs(t, next(t, "the loss", l.lost), conn.ErrLost)
		require.Len(t, pending, 20, "OnLost was called before every done")
		for i := range 20 {
			require.ErrorIs(t, <-pending, conn.ErrLost)
			require.Equal(t, i, order[i])
		}
		require.ErrorContains(t, l.Close(), "before 20 messages")
		require.Empty(t, pending)
	})
}

// Close does not wait for ever for acknowledgements, and says that they are
// missing.
func TestCloseGivesUp(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		goodbye := make(chan byte, 1)
		l := dial(t, conn.Options{Version: v, Timeout: 300 * time.Millisecond, Broker: fake(t, func(p *peer) {
			p.accept()
			p.await(3)
			first, _ := p.read()
			goodbye <- first
		})})
		pending := make(chan error, 1)
		require.NoError(t, l.Publish(mqtt.Message{Topic: "a", QoS: 1}, func(err error) { pending <- err }))
		err := l.Close()
		require.ErrorIs(t, err, conn.ErrClosed)
		require.ErrorContains(t, err, "before 1 messages")
		require.ErrorIs(t, next(t, "the done", pending), conn.ErrClosed)
		require.EqualValues(t, 0xe0, next(t, "the DISCONNECT", goodbye))
		require.Equal(t, err, l.Close())
		require.Empty(t, l.lost)
	})
}

// OnLost comes after the last OnMessage, and not before Dial has returned.
func TestLostComesLast(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		var shown atomic.Int32
		hold := make(chan struct{})
		lost := make(chan int32, 1)
		broker := fake(t, func(p *peer) {
			v := p.accept()
			for range 50 {
				p.write(publishPacket(v, 0, "t", 0, "x")...)
			}
		})
		var dialed atomic.Bool
		c, err := conn.Dial(t.Context(), conn.Options{
			Broker: broker, Version: v,
			OnMessage: func(conn.Incoming) { <-hold; shown.Add(1) },
			OnLost:    func(error) { lost <- shown.Load() },
		})
		require.NoError(t, err)
		dialed.Store(true)
		close(hold)
		require.EqualValues(t, 50, next(t, "the loss", lost))
		require.NoError(t, c.Close())
	})
}

// OnLost may close the connection.
func TestCloseInOnLost(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		cs, closed := make(chan *conn.Conn, 1), make(chan error, 1)
		c, err := conn.Dial(t.Context(), conn.Options{
			Version: v, Broker: fake(t, func(p *peer) { p.accept() }),
			OnLost: func(error) { closed <- (<-cs).Close() },
		})
		require.NoError(t, err)
		cs <- c
		require.NoError(t, next(t, "the end of Close", closed))
	})
}

// While OnMessage blocks, no more than a bounded amount is read.
func TestBackPressure(t *testing.T) {
	const size, count = 100, 100_000 // 10 MB: more than the sockets hold
	versions(t, func(t *testing.T, v conn.Version) {
		var sent atomic.Int64
		var once sync.Once
		full := make(chan struct{})
		o := conn.Options{Version: v, Broker: fake(t, func(p *peer) {
			packet := publishPacket(p.accept(), 0, "t", 0, fmt.Sprintf("%*d", size, 0))
			for sent.Load() < count {
				// A write that has to wait for long is held back.
				_ = p.nc.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
				n, err := p.nc.Write(packet)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				if err != nil { // the rest of the packet, when there is room again
					once.Do(func() { close(full) })
					_ = p.nc.SetWriteDeadline(time.Time{})
					p.write(packet[n:]...)
				}
				sent.Add(1)
			}
			p.await(14)
		})}
		hold, heard := make(chan struct{}), make(chan struct{}, count)
		o.OnMessage = func(conn.Incoming) { <-hold; heard <- struct{}{} }
		_ = dial(t, o)
		next(t, "the broker to be held back", full)
		require.Less(t, sent.Load(), int64(count))
		require.Empty(t, heard)
		close(hold)
		for range count {
			next(t, "a message", heard)
		}
	})
}

// Publish blocks when the window is full, and goes on with an acknowledgement.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name    string
		connack []byte
		v       conn.Version
		window  int
	}{
		{"3.1.1", []byte{0x20, 2, 0, 0}, conn.V311, 20},
		{"5 without a Receive Maximum", []byte{0x20, 3, 0, 0, 0}, conn.V5, 1000},
		{"5 with a Receive Maximum", []byte{0x20, 6, 0, 0, 3, 0x21, 0, 7}, conn.V5, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, answer := make(chan [2]byte, 2000), make(chan [2]byte)
			l := dial(t, conn.Options{Version: c.v, Timeout: time.Millisecond * 500, Broker: fake(t, func(p *peer) {
				p.await(1)
				p.write(c.connack...)
				go func() {
					for id := range answer {
						p.write(0x40, 2, id[0], id[1])
					}
				}()
				defer close(got)
				for {
					first, body := p.read()
					if first>>4 != 3 {
						return
					}
					got <- [2]byte(body[3:5])
				}
			})})
			defer close(answer)
			returned := make(chan struct{}, 2000)
			go func() {
				for l.Publish(mqtt.Message{Topic: "a", QoS: 1}, nil) == nil {
					returned <- struct{}{}
				}
				close(returned)
			}()
			ids := map[[2]byte]bool{}
			var first [2]byte
			for i := range c.window {
				id := next(t, "a message", got)
				require.False(t, ids[id], "a packet identifier was used twice")
				if ids[id] = true; i == 0 {
					first = id
				}
				next(t, "Publish to return", returned)
			}
			require.Empty(t, got)
			require.Empty(t, returned)
			answer <- first
			next(t, "one more message", got)
			next(t, "Publish to return", returned)
			_ = l.Close() // the rest is not acknowledged
			for range returned {
			}
		})
	}
}

// A message of QoS 2 that comes again before it is released is shown once, and
// acknowledged again.
func TestExactlyOnce(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		answers := make(chan []byte, 10)
		l := dial(t, conn.Options{Version: v, Broker: fake(t, func(p *peer) {
			v := p.accept()
			read := func() {
				first, body := p.read()
				if first != 0 {
					answers <- append([]byte{first}, body[:2]...)
				}
			}
			p.write(publishPacket(v, 4, "t", 9, "once")...)
			read()
			p.write(publishPacket(v, 4|8, "t", 9, "once")...)
			read()
			p.write(0x62, 2, 0, 9)
			read()
			p.write(publishPacket(v, 4, "t", 9, "a new one")...)
			read()
			p.write(0x62, 2, 0, 9)
			read()
			p.write(0x62, 2, 0, 77) // never seen: it is answered all the same
			read()
			p.await(14)
		})})
		for _, want := range [][]byte{{0x50, 0, 9}, {0x50, 0, 9}, {0x70, 0, 9}, {0x50, 0, 9}, {0x70, 0, 9}, {0x70, 0, 77}} {
			require.Equal(t, want, next(t, "an answer", answers))
		}
		require.Equal(t, "once", string(l.hear(t).Payload))
		require.Equal(t, "a new one", string(l.hear(t).Payload))
		require.NoError(t, l.Close())
		require.Empty(t, l.heard)
	})
}

// A message is acknowledged when OnMessage has returned, not before.
func TestAcknowledgedAfterwards(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		events := make(chan string, 10)
		hold := make(chan struct{})
		o := conn.Options{Version: v, Broker: fake(t, func(p *peer) {
			v := p.accept()
			p.write(publishPacket(v, 2, "t", 1, "a")...)
			p.write(publishPacket(v, 2, "t", 2, "b")...)
			p.write(publishPacket(v, 0, "t", 0, "c")...) // with nothing to acknowledge after it
			for range 2 {
				body := p.await(4)
				events <- fmt.Sprint("acknowledged ", body[1])
			}
			p.await(14)
		})}
		o.OnMessage = func(in conn.Incoming) {
			<-hold
			events <- "shown " + string(in.Payload)
		}
		_ = dial(t, o)
		require.Empty(t, events)
		close(hold)
		at := map[string]int{}
		for i := range 5 {
			at[next(t, "an event", events)] = i
		}
		require.Less(t, at["shown a"], at["acknowledged 1"])
		require.Less(t, at["shown b"], at["acknowledged 2"])
		require.Less(t, at["acknowledged 1"], at["acknowledged 2"])
		require.Contains(t, at, "shown c")
	})
}

// What a broker refuses is an error of its message only.
func TestRefusedMessages(t *testing.T) {
	l := dial(t, conn.Options{Version: conn.V5, Broker: fake(t, func(p *peer) {
		p.accept()
		b := p.await(3)
		p.write(0x40, 3, b[3], b[4], 0x87)
		b = p.await(3)
		p.write(0x40, 9, b[3], b[4], 0x97, 5, 0x1f, 0, 2, 'n', 'o')
		b = p.await(3)
		p.write(0x50, 3, b[3], b[4], 0x99)
		b = p.await(3)
		p.write(0x50, 2, 0xff, 0xff)       // never sent
		p.write(0x40, 2, 0xff, 0xff)       // neither
		p.write(0x50, 3, b[3], b[4], 0x10) // no error
		released := p.await(6)
		if len(released) == 3 && released[2] == 0x92 { // the one never sent
			released = p.await(6)
		}
		p.write(0x70, 2, released[0], released[1])
		p.await(14)
	})})
	done := make(chan error, 1)
	for _, c := range []struct {
		qos  byte
		want string
	}{
		{1, "the message cannot be published: the broker refuses it: not authorised (code 0x87)"},
		{1, `the message cannot be published: the broker refuses it: quota exceeded (code 0x97): it says "no"`},
		{2, "the message cannot be published: the broker refuses it: the payload is not in the format that it declares (code 0x99)"},
		{2, ""},
	} {
		require.NoError(t, l.Publish(mqtt.Message{Topic: "a", QoS: c.qos}, func(err error) { done <- err }))
		err := next(t, "an acknowledgement", done)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
		require.ErrorIs(t, err, conn.ErrPublish)
	}
	require.NoError(t, l.Close())
}

// Auto speaks MQTT 5, and 3.1.1 with those that do not.
func TestAuto(t *testing.T) {
	each(t, func(t *testing.T, o column) {
		o.Version = conn.Auto
		require.Equal(t, conn.V5, dial(t, o.Options).Version())
	})
	for name, refuse := range map[string]func(p *peer){
		"in the old format":           func(p *peer) { p.write(0x20, 2, 0, 1) },
		"in the new format":           func(p *peer) { p.write(0x20, 3, 0, 0x84, 0) },
		"by closing":                  func(*peer) {},
		"by closing with a reset":     func(p *peer) { _ = p.nc.(*net.TCPConn).SetLinger(0) },
		"by taking it for an old one": func(p *peer) { p.write(0x20, 2, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			broker := fake(t, func(p *peer) {
				if body := p.await(1); len(body) > 6 && body[6] == 4 {
					p.write(0x20, 2, 0, 0)
					p.await(14)
				} else {
					refuse(p)
				}
			})
			require.Equal(t, conn.V311, dial(t, conn.Options{Broker: broker}).Version())
			_, err := try(t, conn.Options{Broker: broker, Version: conn.V5})
			require.ErrorIs(t, err, conn.ErrConnect)
		})
	}
	for name, answer := range map[string][]byte{"bad user": {0x20, 3, 0, 0x86, 0}, "busy": {0x20, 3, 0, 0x89, 0}, "garbage": {1, 2, 3}} {
		t.Run(name+" is not asked again", func(t *testing.T) {
			var asked atomic.Int32
			_, err := try(t, conn.Options{Broker: fake(t, func(p *peer) {
				p.await(1)
				asked.Add(1)
				p.write(answer...)
			})})
			require.ErrorIs(t, err, conn.ErrConnect)
			require.EqualValues(t, 1, asked.Load())
		})
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	versions(t, func(t *testing.T, v conn.Version) {
		asked := make(chan struct{}, 10)
		o := conn.Options{Version: v, Timeout: 50 * time.Millisecond, Broker: fake(t, func(p *peer) {
			p.await(1)
			asked <- struct{}{}
			p.await(14)
		})}
		_, err := try(t, o)
		require.ErrorIs(t, err, conn.ErrConnect)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "it does not answer within 50ms")
		require.Contains(t, conn.Hint(err), "nothing answers")

		next(t, "the CONNECT", asked)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		o.Timeout = patience
		_, err = conn.Dial(ctx, o)
		require.ErrorIs(t, err, conn.ErrConnect)
		require.ErrorIs(t, err, context.Canceled)

		o.Broker = fake(t, func(p *peer) { p.accept(); p.await(14) })
		o.Timeout = 50 * time.Millisecond
		l := dial(t, o)
		err = l.Subscribe(t.Context(), conn.Subscription{Filter: "a"})
		require.ErrorIs(t, err, conn.ErrSubscribe)
		require.ErrorContains(t, err, "within 50ms")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, l.Unsubscribe(gone, "a"), context.Canceled)
	})
}
