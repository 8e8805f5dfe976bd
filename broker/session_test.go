package broker_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
)

func TestAFullQueueDropsWithAnEvent(t *testing.T) {
	var drops []string
	b := newBroker(t, broker.Options{MaxQueued: 2, Tap: func(e broker.Event) {
		if e.Kind == broker.KindDrop {
			drops = append(drops, line(e))
		}
	}})
	pub := connect(t, b, broker.ConnectOptions{ClientID: "pub"})
	o := broker.ConnectOptions{ClientID: "s", Persistent: true}
	s := connect(t, b, o)
	subscribe(t, s, "t", 1)
	for i := range 5 { // nothing limits a session that is connected
		publish(t, pub, mqtt.Message{Topic: "t", QoS: 1, Payload: fmt.Append(nil, i)})
	}
	require.Len(t, receive(s), 5)
	require.NoError(t, s.Disconnect())
	for i := range 4 {
		publish(t, pub, mqtt.Message{Topic: "t", QoS: 1, Payload: fmt.Append(nil, i)})
	}
	require.Equal(t, []string{"t=0/1", "t=1/1"}, receive(connect(t, b, o)))
	require.Equal(t, []string{
		"drop client=pub to=s reason=the queue of a session that is away is full topic=t payload=2 #8",
		"drop client=pub to=s reason=the queue of a session that is away is full topic=t payload=3 #9",
	}, drops)
}

func TestADropLosesQoS0AndKeepsTheRest(t *testing.T) {
	b := newBroker(t, broker.Options{})
	o := broker.ConnectOptions{ClientID: "s", Persistent: true}
	s, pub := connect(t, b, o), connect(t, b, broker.ConnectOptions{ClientID: "pub"})
	subscribe(t, s, "#", 2)
	for qos := range byte(3) {
		publish(t, pub, mqtt.Message{Topic: "first", QoS: qos})
		publish(t, pub, mqtt.Message{Topic: "second", QoS: qos})
	}
	m, ok := s.Receive()
	require.True(t, ok)
	require.Equal(t, "first", m.Topic)
	s.Drop("")
	_, ok = s.Receive()
	require.False(t, ok)
	require.Equal(t, []string{"first=/1", "second=/1", "first=/2", "second=/2"}, receive(connect(t, b, o)))
}

func TestSharedSubscriptionsTakeTurns(t *testing.T) {
	b := newBroker(t, broker.Options{})
	pub := connect(t, b, broker.ConnectOptions{ClientID: "pub"})
	var members []*broker.Session
	for i := range 3 {
		members = append(members, connect(t, b, broker.ConnectOptions{ClientID: fmt.Sprint(i), Persistent: true}))
		subscribe(t, members[i], "$share/g/t/+", 1)
	}
	send := func(n int) {
		for range n {
			publish(t, pub, mqtt.Message{Topic: "t/x", QoS: 1})
		}
	}
	send(7)
	require.Len(t, receive(members[0]), 3)
	require.Len(t, receive(members[1]), 2)
	require.Len(t, receive(members[2]), 2)
	require.NoError(t, members[1].Disconnect()) // a member that is away is passed over
	send(4)                                     // the turn was 1's: 2, 0, 2, 0
	require.Len(t, receive(members[0]), 2)
	require.Len(t, receive(members[2]), 2)
	require.NoError(t, members[0].Unsubscribe("$share/g/t/+"))
	send(2)
	require.Len(t, receive(members[2]), 2)
	require.NoError(t, members[2].Disconnect()) // all are away: the turns go on, and are queued
	send(3)
	one := connect(t, b, broker.ConnectOptions{ClientID: "1", Persistent: true})
	two := connect(t, b, broker.ConnectOptions{ClientID: "2", Persistent: true})
	require.Equal(t, 3, one.Pending()+two.Pending())
	require.Equal(t, 2, one.Pending())
}

func TestSetRetainedIsSilent(t *testing.T) {
	events := 0
	b := newBroker(t, broker.Options{Tap: func(e broker.Event) {
		if e.Kind == broker.KindPublish {
			events++
		}
	}})
	s := connect(t, b, broker.ConnectOptions{ClientID: "s"})
	subscribe(t, s, "#", 2)
	for _, topic := range []string{"b", "a/c", "a", "c"} {
		require.NoError(t, b.SetRetained(mqtt.Message{Topic: topic, Payload: []byte(topic), QoS: 1}))
	}
	require.NoError(t, b.SetRetained(mqtt.Message{Topic: "c"}))
	require.NoError(t, b.SetRetained(mqtt.Message{Topic: "$hidden", Payload: []byte("x")}))
	require.Zero(t, events)
	require.Zero(t, s.Pending())
	var got []string
	for _, m := range b.Retained("#") {
		require.True(t, m.Retain)
		got = append(got, m.Topic)
	}
	require.Equal(t, []string{"a", "a/c", "b"}, got)
	require.Len(t, b.Retained("a/#"), 2)
	require.Len(t, b.Retained("$hidden"), 1)
	require.Empty(t, b.Retained("not//a#filter"))
	subscribe(t, s, "a/#", 0)
	require.Equal(t, []string{"a=a/0", "a/c=a/c/0"}, receive(s))
	require.ErrorIs(t, b.SetRetained(mqtt.Message{Topic: "+"}), mqtt.ErrTopic)
}

func TestAWillCannotBeChangedLater(t *testing.T) {
	b := newBroker(t, broker.Options{})
	watch := connect(t, b, broker.ConnectOptions{ClientID: "watch"})
	subscribe(t, watch, "#", 1)
	will := &mqtt.Message{Topic: "w", Payload: []byte("gone"), QoS: 1}
	s := connect(t, b, broker.ConnectOptions{ClientID: "s", Will: will})
	copy(will.Payload, "XXXX")
	will.Topic = "other"
	s.Drop("")
	require.Equal(t, []string{"w=gone/1"}, receive(watch))
}

func TestUsersBindInProcessSessions(t *testing.T) {
	users, err := broker.NewUsers(broker.User{Name: "hall", Read: []string{"z/#"}, Write: []string{"z/+/set"}})
	require.NoError(t, err)
	b := newBroker(t, broker.Options{Auth: users})
	free := connect(t, b, broker.ConnectOptions{ClientID: "free"})
	hall := connect(t, b, broker.ConnectOptions{ClientID: "hall", User: "hall"})
	subscribe(t, hall, "#", 1) // granted, and filtered
	_, err = hall.Subscribe("secret", 1)
	require.ErrorIs(t, err, broker.ErrRefused)
	publish(t, free, mqtt.Message{Topic: "secret"})
	publish(t, free, mqtt.Message{Topic: "z/lamp"})
	require.Equal(t, []string{"z/lamp=/0"}, receive(hall))
	publish(t, hall, mqtt.Message{Topic: "z/lamp/set"})
	require.ErrorIs(t, hall.Publish(mqtt.Message{Topic: "z/lamp"}), broker.ErrRefused)
	_, err = b.Connect(broker.ConnectOptions{ClientID: "x", User: "hall", Will: &mqtt.Message{Topic: "no"}})
	require.ErrorIs(t, err, broker.ErrRefused)
	unknown := connect(t, b, broker.ConnectOptions{ClientID: "y", User: "nobody"})
	require.ErrorIs(t, unknown.Publish(mqtt.Message{Topic: "z/a/set"}), broker.ErrRefused)
}

func TestRestartForgetsAllButWhatIsRetained(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprint("keep retained ", keep), func(t *testing.T) {
			var got []string
			b := newBroker(t, broker.Options{Tap: func(e broker.Event) { got = append(got, line(e)) }})
			hall := connect(t, b, broker.ConnectOptions{ClientID: "hall", Persistent: true})
			away := connect(t, b, broker.ConnectOptions{ClientID: "away", Persistent: true})
			lamp := connect(t, b, broker.ConnectOptions{ClientID: "lamp", Will: &mqtt.Message{Topic: "w"}})
			subscribe(t, hall, "$share/g/x", 1)
			subscribe(t, away, "#", 1)
			require.NoError(t, away.Disconnect())
			publish(t, lamp, mqtt.Message{Topic: "$a/b", Payload: []byte("x"), Retain: true})
			publish(t, lamp, mqtt.Message{Topic: "a/b", Payload: []byte("x"), Retain: true, QoS: 1})
			got = nil
			require.NoError(t, b.Restart(keep))
			require.Equal(t, []string{
				"disconnect client=hall reason=the broker restarted",
				"disconnect client=lamp reason=the broker restarted",
			}, got)
			require.ErrorIs(t, hall.Err(), broker.ErrDropped)
			away = connect(t, b, broker.ConnectOptions{ClientID: "away", Persistent: true})
			require.False(t, away.Present())
			require.Zero(t, away.Pending())
			want := 0
			if keep {
				want = 1
			}
			require.Len(t, b.Retained("#"), want)
			require.Len(t, b.Retained("$a/#"), want)
			require.NoError(t, b.SetRetained(mqtt.Message{Topic: "a/b", Payload: []byte("y")}))
			require.Len(t, b.Retained("#"), 1)
		})
	}
}
