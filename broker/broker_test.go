package broker_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

// receive takes all that is queued.
func receive(s *broker.Session) []string {
	var got []string
	for {
		m, ok := s.Receive()
		if !ok {
			return got
		}
		got = append(got, fmt.Sprintf("%s=%s/%d", m.Topic, m.Payload, m.QoS))
	}
}

// line is an event as text.
func line(e broker.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", e.Kind)
	for _, part := range []struct{ name, value string }{
		{"client", e.Client},
		{"source", e.Source},
		{"to", e.Receiver},
		{"filter", e.Filter},
		{"reason", e.Reason},
		{"topic", e.Message.Topic},
		{"payload", string(e.Message.Payload)},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, " %s=%s", part.name, part.value)
		}
	}
	if e.Seq > 0 {
		fmt.Fprintf(&b, " #%d", e.Seq)
	}
	return b.String()
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	_, err := broker.New(broker.Options{})
	require.ErrorIs(t, err, broker.ErrOptions)
	require.ErrorContains(t, err, "Runtime")
	rt := clock.NewVirtual(clock.VirtualOptions{})
	defer rt.Close()
	_, err = broker.New(broker.Options{Runtime: rt, MaxMessageBytes: -1})
	require.ErrorIs(t, err, broker.ErrOptions)
}

func TestTheTapSeesEverythingInOrder(t *testing.T) {
	var got []string
	b := newBroker(t, broker.Options{TapDeliveries: true, Tap: func(e broker.Event) { got = append(got, line(e)) }})
	will := &mqtt.Message{Topic: "w", Payload: []byte("gone")}
	hall := connect(t, b, broker.ConnectOptions{ClientID: "hall", Source: "apps.hall", Persistent: true})
	lamp := connect(t, b, broker.ConnectOptions{ClientID: "lamp", Source: "device", Will: will})
	subscribe(t, hall, "#", 1)
	publish(t, lamp, mqtt.Message{Topic: "l", Payload: []byte("1"), Retain: true})
	subscribe(t, hall, "l", 1)
	require.NoError(t, hall.Unsubscribe("l"))
	lamp.Drop("power cut")
	require.NoError(t, hall.Disconnect())
	connect(t, b, broker.ConnectOptions{ClientID: "hall", Source: "apps.hall", Persistent: true})
	require.Equal(t, []string{
		"connect client=hall source=apps.hall",
		"connect client=lamp source=device",
		"subscribe client=hall source=apps.hall filter=#",
		"publish client=lamp source=device topic=l payload=1 #1",
		"deliver client=lamp source=device to=hall topic=l payload=1 #1",
		"subscribe client=hall source=apps.hall filter=l",
		"deliver client=lamp to=hall topic=l payload=1",
		"unsubscribe client=hall source=apps.hall filter=l",
		"disconnect client=lamp source=device reason=power cut",
		"will client=lamp source=device topic=w payload=gone #2",
		"deliver client=lamp source=device to=hall topic=w payload=gone #2",
		"disconnect client=hall source=apps.hall",
		"connect client=hall source=apps.hall",
	}, got)
}

func TestDeliveryIsInSubscriptionOrder(t *testing.T) {
	var got []string
	b := newBroker(t, broker.Options{TapDeliveries: true, Tap: func(e broker.Event) {
		if e.Kind == broker.KindDeliver {
			got = append(got, fmt.Sprintf("%s/%d", e.Receiver, e.Message.QoS))
		}
	}})
	s := map[string]*broker.Session{}
	for _, id := range []string{"a", "b", "c", "d"} {
		s[id] = connect(t, b, broker.ConnectOptions{ClientID: id})
	}
	subscribe(t, s["d"], "t/+", 0)
	subscribe(t, s["b"], "t/#", 1)
	subscribe(t, s["a"], "t/x", 2)
	subscribe(t, s["b"], "t/x", 2) // b keeps its place, at the higher QoS
	subscribe(t, s["c"], "#", 1)
	subscribe(t, s["d"], "t/+", 1) // d too
	publish(t, s["c"], mqtt.Message{Topic: "t/x", QoS: 2})
	require.Equal(t, []string{"d/1", "b/2", "a/2", "c/1"}, got)
}

// crowd runs a small world on tasks and returns a hash of all its events.
func crowd(t *testing.T) [32]byte {
	rt := clock.NewVirtual(clock.VirtualOptions{})
	h := sha256.New()
	b, err := broker.New(broker.Options{Runtime: rt, TapDeliveries: true, Tap: func(e broker.Event) {
		fmt.Fprintln(h, e.At, line(e))
	}})
	require.NoError(t, err)
	for i := range 20 {
		rt.Go(fmt.Sprintf("device %d", i), func() {
			sig := rt.NewSignal("wake")
			s := connect(t, b, broker.ConnectOptions{ClientID: fmt.Sprintf("d%d", i), Wake: sig.Set})
			subscribe(t, s, fmt.Sprintf("t/%d/#", i%5), byte(i%3))
			subscribe(t, s, "t/+/state", 1)
			for round := range 5 {
				clock.Sleep(rt, time.Second) // all of them at the same instants
				publish(t, s, mqtt.Message{
					Topic: fmt.Sprintf("t/%d/state", (i+round)%5), Payload: fmt.Append(nil, i, round), QoS: byte(round % 3), Retain: i%2 == 0,
				})
				receive(s)
			}
			s.Drop("")
		})
	}
	require.NoError(t, rt.Run("end", func() { clock.Sleep(rt, time.Minute) }))
	require.NoError(t, b.Close())
	require.NoError(t, rt.Close())
	return [32]byte(h.Sum(nil))
}

func TestTwoHundredRunsAreTheSame(t *testing.T) {
	want := crowd(t)
	for run := range 200 {
		require.Equal(t, want, crowd(t), "run %d", run)
	}
}

// B answers m1 with m2 in its own task: everybody sees m1 first, B's neighbours
// before and after it in subscription order alike.
func TestAnAnswerComesAfterItsQuestion(t *testing.T) {
	rt := clock.NewVirtual(clock.VirtualOptions{})
	defer rt.Close()
	b := newBroker(t, broker.Options{Runtime: rt})
	seen := map[string][]string{}
	listen := func(id string, answer bool) {
		sig := rt.NewSignal(id)
		s := connect(t, b, broker.ConnectOptions{ClientID: id, Wake: sig.Set})
		subscribe(t, s, "m/#", 0)
		rt.Go(id, func() {
			for sig.Wait(time.Second) == nil {
				for m, ok := s.Receive(); ok; m, ok = s.Receive() {
					seen[id] = append(seen[id], m.Topic)
					if answer && m.Topic == "m/1" {
						publish(t, s, mqtt.Message{Topic: "m/2"})
					}
				}
			}
		})
	}
	listen("A", false)
	listen("B", true)
	listen("C", false)
	ask := connect(t, b, broker.ConnectOptions{ClientID: "ask"})
	require.NoError(t, rt.Run("ask", func() { publish(t, ask, mqtt.Message{Topic: "m/1"}) }))
	require.NoError(t, rt.Advance(2*time.Second))
	for _, id := range []string{"A", "B", "C"} {
		require.Equal(t, []string{"m/1", "m/2"}, seen[id], id)
	}
}

func TestATapThatCallsBackIsToldSo(t *testing.T) {
	var b *broker.Broker
	var s *broker.Session
	var errs []error
	b = newBroker(t, broker.Options{Tap: func(e broker.Event) {
		if e.Kind == broker.KindPublish {
			_, subErr := s.Subscribe("x", 0)
			_, connErr := b.Connect(broker.ConnectOptions{})
			errs = append(errs, s.Publish(mqtt.Message{Topic: "again"}), subErr, connErr, s.Disconnect(), b.Close())
		}
	}})
	s = connect(t, b, broker.ConnectOptions{ClientID: "s"})
	publish(t, s, mqtt.Message{Topic: "once"})
	require.Len(t, errs, 5)
	for _, err := range errs {
		require.ErrorIs(t, err, broker.ErrReentrant)
	}
	publish(t, s, mqtt.Message{Topic: "the broker goes on"})
}

func TestPublishRefuses(t *testing.T) {
	b := newBroker(t, broker.Options{MaxMessageBytes: 4})
	s := connect(t, b, broker.ConnectOptions{ClientID: "s"})
	subscribe(t, s, "#", 2)
	subscribe(t, s, "$SYS/#", 2)
	for _, c := range []struct {
		m    mqtt.Message
		want error
	}{
		{mqtt.Message{Topic: ""}, mqtt.ErrTopic},
		{mqtt.Message{Topic: "a/+"}, mqtt.ErrTopic},
		{mqtt.Message{Topic: "a", QoS: 3}, broker.ErrQoS},
		{mqtt.Message{Topic: "a", Payload: []byte("12345")}, broker.ErrTooLarge},
		{mqtt.Message{Topic: "$SYS"}, broker.ErrRefused},
		{mqtt.Message{Topic: "$SYS/x"}, broker.ErrRefused},
	} {
		err := s.Publish(c.m)
		require.ErrorIs(t, err, c.want, "%+v", c.m)
		require.ErrorContains(t, err, `client "s"`)
	}
	require.Empty(t, receive(s))
	publish(t, s, mqtt.Message{Topic: "$SYSTEM", Payload: []byte("1234")})
}

func TestWakeIsCalledWhenTheQueueFills(t *testing.T) {
	b := newBroker(t, broker.Options{})
	woken := 0
	o := broker.ConnectOptions{ClientID: "s", Persistent: true, Wake: func() { woken++ }}
	s, pub := connect(t, b, o), connect(t, b, broker.ConnectOptions{ClientID: "p"})
	subscribe(t, s, "t", 1)
	for range 3 {
		publish(t, pub, mqtt.Message{Topic: "t", QoS: 1})
	}
	require.Equal(t, 1, woken, "empty to not empty")
	require.Len(t, receive(s), 3)
	publish(t, pub, mqtt.Message{Topic: "t", QoS: 1})
	require.Equal(t, 2, woken)
	s.Drop("")
	require.Equal(t, 3, woken, "the end of the session")
	publish(t, pub, mqtt.Message{Topic: "t", QoS: 1})
	require.Equal(t, 3, woken)
	s = connect(t, b, o)
	require.Equal(t, 4, woken, "messages are waiting")
	require.Equal(t, 2, s.Pending())
	require.NoError(t, s.Disconnect())
	require.Equal(t, 4, woken)
}

func TestClientIDs(t *testing.T) {
	b := newBroker(t, broker.Options{})
	connect(t, b, broker.ConnectOptions{ClientID: "auto-2"})
	require.Equal(t, "auto-1", connect(t, b, broker.ConnectOptions{}).ClientID())
	require.Equal(t, "auto-3", connect(t, b, broker.ConnectOptions{}).ClientID())
	for _, o := range []broker.ConnectOptions{
		{Persistent: true},
		{ClientID: "a\x00"},
		{ClientID: "\xff"},
		{ClientID: strings.Repeat("a", 65536)},
	} {
		_, err := b.Connect(o)
		require.ErrorIs(t, err, broker.ErrClientID)
	}
	_, err := b.Connect(broker.ConnectOptions{ClientID: "w", Will: &mqtt.Message{Topic: "#"}})
	require.ErrorIs(t, err, mqtt.ErrTopic)
}

func TestCloseEndsSessionsWithoutWills(t *testing.T) {
	var wills int
	b := newBroker(t, broker.Options{Tap: func(e broker.Event) {
		if e.Kind == broker.KindWill {
			wills++
		}
	}})
	woken := false
	s := connect(t, b, broker.ConnectOptions{ClientID: "s", Will: &mqtt.Message{Topic: "w"}, Wake: func() { woken = true }})
	require.NoError(t, b.Close())
	require.NoError(t, b.Close())
	require.True(t, woken)
	require.Zero(t, wills)
	require.ErrorIs(t, s.Err(), broker.ErrClosed)
	require.ErrorIs(t, s.Publish(mqtt.Message{Topic: "a"}), broker.ErrClosed)
	_, err := b.Connect(broker.ConnectOptions{ClientID: "late"})
	require.ErrorIs(t, err, broker.ErrClosed)
	_, err = b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
	require.ErrorIs(t, err, broker.ErrClosed)
	require.ErrorIs(t, b.SetRetained(mqtt.Message{Topic: "a"}), broker.ErrClosed)
}

func TestAnEndedSessionSaysWhy(t *testing.T) {
	b := newBroker(t, broker.Options{})
	s := connect(t, b, broker.ConnectOptions{ClientID: "s"})
	subscribe(t, s, "t", 0)
	publish(t, s, mqtt.Message{Topic: "t"})
	connect(t, b, broker.ConnectOptions{ClientID: "s"})
	require.ErrorIs(t, s.Err(), broker.ErrTakenOver)
	require.Empty(t, receive(s))
	_, err := s.Subscribe("t", 0)
	require.ErrorIs(t, err, broker.ErrTakenOver)
	require.ErrorIs(t, s.Unsubscribe("t"), broker.ErrTakenOver)
	require.ErrorIs(t, s.Disconnect(), broker.ErrTakenOver)
	s.Drop("twice")
	require.False(t, errors.Is(s.Err(), broker.ErrDropped))
}
