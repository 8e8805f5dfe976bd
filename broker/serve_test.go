package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

const patience = 20 * time.Second

// world is a served broker on the system's time.
type world struct {
	*testing.T
	rt      *clock.System
	b       *broker.Broker
	address string

	mu     sync.Mutex
	events []broker.Event
	more   chan struct{} // an event came
}

func serve(t *testing.T, o broker.Options, l broker.ListenOptions) *world {
	t.Helper()
	w := &world{T: t, rt: clock.NewSystem(clock.SystemOptions{}), more: make(chan struct{}, 1)}
	o.Runtime = w.rt
	o.Tap = func(e broker.Event) {
		w.mu.Lock()
		w.events = append(w.events, e)
		w.mu.Unlock()
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
	b, err := broker.New(o)
	require.NoError(t, err)
	w.b = b
	t.Cleanup(func() {
		w.do(func() { require.NoError(t, b.Close()) })
		require.NoError(t, w.rt.Close())
	})
	if l.Address == "" {
		l.Address = "127.0.0.1:0"
	}
	w.do(func() {
		addr, err := b.Serve(l)
		require.NoError(t, err)
		w.address = addr.String()
	})
	return w
}

func (w *world) do(fn func()) {
	w.Helper()
	require.NoError(w, w.rt.Run("test", fn))
}

// await waits until an event's line is want, and returns the event.
func (w *world) await(want string) broker.Event {
	w.Helper()
	give := time.After(patience)
	for {
		w.mu.Lock()
		for _, e := range w.events {
			if line(e) == want {
				w.mu.Unlock()
				return e
			}
		}
		w.mu.Unlock()
		select {
		case <-w.more:
		case <-give:
			w.Fatalf("never saw %q; saw %q", want, w.lines())
		}
	}
}

func (w *world) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.events {
		out = append(out, line(e))
	}
	return out
}

func pahoOptions(url, id string) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(url).SetClientID(id).SetAutoReconnect(false).SetProtocolVersion(4).
		SetConnectTimeout(patience).SetKeepAlive(0)
}

func dial(t *testing.T, o *paho.ClientOptions) (paho.Client, error) {
	t.Helper()
	c := paho.NewClient(o)
	token := c.Connect()
	require.True(t, token.WaitTimeout(patience))
	if token.Error() == nil {
		t.Cleanup(func() { c.Disconnect(0) })
	}
	return c, token.Error()
}

func done(t *testing.T, token paho.Token) {
	t.Helper()
	require.True(t, token.WaitTimeout(patience))
	require.NoError(t, token.Error())
}

func TestNetworkAndInProcessClientsTalk(t *testing.T) {
	w := serve(t, broker.Options{TapDeliveries: true}, broker.ListenOptions{Source: "program"})
	var hall *broker.Session
	w.do(func() {
		hall = connect(w, w.b, broker.ConnectOptions{ClientID: "hall"})
		subscribe(w, hall, "up", 1)
	})
	got := make(chan string, 10)
	c, err := dial(t, pahoOptions("tcp://"+w.address, "prog").SetWill("gone", "bye", 1, false))
	require.NoError(t, err)
	done(t, c.Subscribe("down", 1, func(_ paho.Client, m paho.Message) { got <- string(m.Payload()) }))
	done(t, c.Publish("up", 1, false, "hello"))
	w.await("deliver client=prog source=program to=hall topic=up payload=hello #1")
	w.do(func() {
		require.Equal(w, []string{"up=hello/1"}, receive(hall))
		publish(w, hall, mqtt.Message{Topic: "down", Payload: []byte("hi"), QoS: 1})
	})
	select {
	case m := <-got:
		require.Equal(t, "hi", m)
	case <-time.After(patience):
		t.Fatal("nothing came down")
	}
	e := w.await("deliver client=hall to=prog topic=down payload=hi")
	require.True(t, e.Network)
	done(t, c.Unsubscribe("down"))
	w.await("unsubscribe client=prog source=program filter=down")
	c.Disconnect(250)
	w.await("disconnect client=prog source=program")
	require.Equal(t, "connect client=prog source=program", w.lines()[2])
	require.Equal(t, "subscribe client=prog source=program filter=down", w.lines()[3])
}

func TestClientIDsAreNotSharedWithTheNetwork(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	w.do(func() { connect(w, w.b, broker.ConnectOptions{ClientID: "hall"}) })
	_, err := dial(t, pahoOptions("tcp://"+w.address, "hall"))
	require.Error(t, err)
	c, err := dial(t, pahoOptions("tcp://"+w.address, "prog").SetCleanSession(false))
	require.NoError(t, err)
	inUse := func() {
		w.do(func() {
			_, err := w.b.Connect(broker.ConnectOptions{ClientID: "prog"})
			require.ErrorIs(w, err, broker.ErrInUse)
		})
	}
	inUse()
	c.Disconnect(250)
	w.await("disconnect client=prog source=network")
	inUse() // its session is persistent
}

func TestSharesAreNotSharedWithTheNetwork(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	var hall *broker.Session
	w.do(func() {
		hall = connect(w, w.b, broker.ConnectOptions{ClientID: "hall"})
		subscribe(w, hall, "$share/ours/t", 1)
	})
	c, err := dial(t, pahoOptions("tcp://"+w.address, "prog"))
	require.NoError(t, err)
	granted := func(filter string) byte {
		token := c.Subscribe(filter, 1, nil).(*paho.SubscribeToken)
		require.True(t, token.WaitTimeout(patience))
		for _, qos := range token.Result() {
			return qos
		}
		return 0x80
	}
	require.EqualValues(t, 0x80, granted("$share/ours/t"))
	require.EqualValues(t, 0x80, granted("$SHARE/x/t"))
	require.EqualValues(t, 1, granted("$share/theirs/t"))
	w.do(func() {
		_, err := hall.Subscribe("$share/theirs/t", 1)
		require.ErrorIs(w, err, broker.ErrRefused)
	})
	c.Disconnect(250)
	w.await("disconnect client=prog source=network")
	require.Eventually(t, func() (free bool) { // mochi ends the subscriptions after it told of the end
		w.do(func() {
			_, err := hall.Subscribe("$share/theirs/t", 1)
			free = err == nil
		})
		return free
	}, patience, time.Millisecond)
}

func TestUsersAndACLsOnTheNetwork(t *testing.T) {
	hash, err := broker.HashPassword("secret")
	require.NoError(t, err)
	users, err := broker.NewUsers(
		broker.User{Name: "hall", Password: hash, Read: []string{"z/#"}, Write: []string{"z/+/set"}},
		broker.User{Name: "admin", Password: "plain"},
	)
	require.NoError(t, err)
	w := serve(t, broker.Options{Auth: users}, broker.ListenOptions{})
	url := "tcp://" + w.address
	for _, bad := range []*paho.ClientOptions{
		pahoOptions(url, "x"),
		pahoOptions(url, "x").SetUsername("hall").SetPassword("wrong"),
		pahoOptions(url, "x").SetUsername("admin").SetPassword("Plain"),
		pahoOptions(url, "x").SetUsername("nobody").SetPassword("secret"),
		pahoOptions(url, "x").SetUsername("hall").SetPassword("secret").SetWill("forbidden", "x", 0, false),
	} {
		_, err := dial(t, bad)
		require.Error(t, err, "%+v", bad)
	}
	hall, err := dial(t, pahoOptions(url, "hall").SetUsername("hall").SetPassword("secret"))
	require.NoError(t, err)
	admin, err := dial(t, pahoOptions(url, "admin").SetUsername("admin").SetPassword("plain"))
	require.NoError(t, err)
	done(t, admin.Publish("secret", 0, true, "retained"))
	done(t, admin.Publish("z/lamp", 1, true, "retained"))
	w.await("publish client=admin source=network topic=z/lamp payload=retained #2")
	got := make(chan string, 10)
	done(t, hall.Subscribe("#", 1, func(_ paho.Client, m paho.Message) { got <- m.Topic() + "=" + string(m.Payload()) }))
	hears := func(want string) {
		select {
		case m := <-got:
			require.Equal(t, want, m)
		case <-time.After(patience):
			t.Fatalf("never got %q", want)
		}
	}
	hears("z/lamp=retained") // which comes after the acknowledgement of the subscription, so it is waited for
	done(t, admin.Publish("secret", 0, false, "live"))
	done(t, admin.Publish("z/lamp", 0, false, "live"))
	hears("z/lamp=live")
	w.await("publish client=admin source=network topic=z/lamp payload=live #4") // told after it is delivered
	done(t, hall.Publish("z/lamp", 0, false, "not allowed"))
	done(t, hall.Publish("z/lamp/set", 1, false, "allowed"))
	w.await("publish client=hall source=network topic=z/lamp/set payload=allowed #5")
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLSAndWebSocket(t *testing.T) {
	for _, c := range []struct {
		scheme string
		listen broker.ListenOptions
	}{
		{"ssl", broker.ListenOptions{TLS: certificate(t)}},
		{"ws", broker.ListenOptions{WebSocket: true}},
		{"wss", broker.ListenOptions{WebSocket: true, TLS: certificate(t)}},
	} {
		t.Run(c.scheme, func(t *testing.T) {
			w := serve(t, broker.Options{}, c.listen)
			o := pahoOptions(c.scheme+"://"+w.address, "prog").SetTLSConfig(&tls.Config{InsecureSkipVerify: true})
			cl, err := dial(t, o)
			require.NoError(t, err)
			got := make(chan []byte, 1)
			done(t, cl.Subscribe("t", 1, func(_ paho.Client, m paho.Message) { got <- m.Payload() }))
			large := make([]byte, 100_000)
			done(t, cl.Publish("t", 1, false, large))
			select {
			case m := <-got:
				require.Equal(t, large, m)
			case <-time.After(patience):
				t.Fatal("nothing came back")
			}
		})
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	w.do(func() {
		_, err := w.b.Serve(broker.ListenOptions{Address: w.address})
		require.ErrorIs(w, err, broker.ErrListen)
		require.ErrorContains(w, err, "the port is taken")
		_, err = w.b.Serve(broker.ListenOptions{Address: "not an address"})
		require.ErrorIs(w, err, broker.ErrListen)
		_, err = w.b.Serve(broker.ListenOptions{Address: "127.0.0.1:0", TLS: &tls.Config{}})
		require.ErrorIs(w, err, broker.ErrOptions)
		second, err := w.b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
		require.NoError(w, err)
		require.NotEqual(w, w.address, second.String())
	})
}

// A hundred brokers close while their clients leave.
func TestCloseWhileClientsLeave(t *testing.T) {
	for round := range 100 {
		rt := clock.NewSystem(clock.SystemOptions{})
		b := newBroker(t, broker.Options{Runtime: rt})
		var address string
		require.NoError(t, rt.Run("serve", func() {
			addr, err := b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
			require.NoError(t, err)
			address = "tcp://" + addr.String()
		}))
		var leaving sync.WaitGroup
		for i := range 8 {
			c := paho.NewClient(pahoOptions(address, fmt.Sprintf("c%d", i)))
			done(t, c.Connect())
			leaving.Go(func() { c.Disconnect(0) })
		}
		if round%2 == 0 {
			leaving.Wait()
		}
		closed := make(chan error, 1)
		go func() { closed <- rt.Run("close", func() { require.NoError(t, b.Close()) }) }()
		select {
		case err := <-closed:
			require.NoError(t, err)
		case <-time.After(patience):
			t.Fatalf("round %d: Close hangs", round)
		}
		leaving.Wait()
		require.NoError(t, rt.Close())
	}
}

// Somebody who never says CONNECT does not keep Close waiting.
func TestCloseWithASilentConnection(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	nc, err := net.Dial("tcp", w.address)
	require.NoError(t, err)
	defer nc.Close()
	c, err := dial(t, pahoOptions("tcp://"+w.address, "after")) // the listener has seen nc by now
	require.NoError(t, err)
	defer c.Disconnect(0)
	w.do(func() { require.NoError(w, w.b.Close()) })
	_, err = nc.Read(make([]byte, 1))
	require.Error(t, err)
}

// In a virtual world that has nothing left to do, the driver waits for the
// network.
func TestAVirtualWorldWaitsForItsNetworkClients(t *testing.T) {
	rt := clock.NewVirtual(clock.VirtualOptions{Guard: patience})
	defer rt.Close()
	b := newBroker(t, broker.Options{Runtime: rt})
	sig := rt.NewSignal("hall")
	hall := connect(t, b, broker.ConnectOptions{ClientID: "hall", Wake: sig.Set})
	subscribe(t, hall, "up", 1)
	addr, err := b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
	require.NoError(t, err)
	c, err := dial(t, pahoOptions("tcp://"+addr.String(), "prog"))
	require.NoError(t, err)
	done(t, c.Publish("up", 1, false, "hello"))
	require.NoError(t, rt.Run("hall", func() {
		for hall.Pending() == 0 {
			require.NoError(t, sig.Wait(clock.Forever))
		}
	}))
	require.Equal(t, []string{"up=hello/1"}, receive(hall))
	require.NotEmpty(t, rt.Outside(), "such a run is not deterministic, and says so")
	require.ErrorIs(t, b.Restart(true), broker.ErrRefused)
}
