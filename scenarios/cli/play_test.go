package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/stretchr/testify/require"
)

// serveBroker runs a broker of our own and returns its address.
func serveBroker(t *testing.T, o broker.Options) string {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	o.Runtime = rt
	b, err := broker.New(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		var cerr error
		err := rt.Run("close the broker", func() { cerr = b.Close() })
		require.NoError(t, errors.Join(err, cerr, rt.Close()))
	})
	var address string
	var serr error
	err = rt.Run("serve", func() {
		addr, err := b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
		if serr = err; err == nil {
			address = "mqtt://" + addr.String()
		}
	})
	require.NoError(t, errors.Join(err, serr))
	return address
}

// playTape runs simrun play and returns what a subscriber hears.
func playTape(t *testing.T, list []recorder.Record, messages int, args ...string) (heard []mqtt.Message, out string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	for _, r := range list {
		require.NoError(t, w.Append(r))
	}
	require.NoError(t, w.Close())
	address := serveBroker(t, broker.Options{})
	got := make(chan mqtt.Message, messages+100)
	c, err := conn.Dial(t.Context(), conn.Options{Broker: address, Version: conn.V5, OnMessage: func(m conn.Incoming) { got <- m.Message }})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Subscribe(t.Context(), conn.Subscription{Filter: "#", QoS: 2, RetainAsPublished: true}))
	var stdout, stderr bytes.Buffer
	code := cli.Run(t.Context(), append([]string{"play", path, "--to", address}, args...), cli.Options{Name: "simrun", Stdout: &stdout, Stderr: &stderr})
	require.Zero(t, code, stderr.String())
	for range messages {
		heard = append(heard, <-got)
	}
	return heard, stdout.String()
}

func TestPlay(t *testing.T) {
	text := byte(1)
	props := &mqtt.Properties{PayloadFormat: &text, ContentType: "a/b", User: []mqtt.UserProperty{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}}}
	list := []recorder.Record{
		{Kind: recorder.KindSnapshot, Message: mqtt.Message{Topic: "state", Payload: []byte("old"), QoS: 1, Retain: true}},
		{At: time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "state", Payload: []byte("new"), QoS: 1, Retain: true}},
		{At: 2 * time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "hall", Payload: []byte("ON"), QoS: 2, Properties: props}},
		{At: 2 * time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "hall", Payload: []byte{0xff, 0}}},
	}
	heard, out := playTape(t, list, 8, "--speed", "max", "--loop", "2", "--prefix", "x/")
	require.Contains(t, out, "8 messages, 2 of them retained state")
	for i, m := range heard {
		want := list[i%4].Message
		want.Topic = "x/" + want.Topic
		require.True(t, want.Equal(m), "message %d: %+v", i, m)
	}
	heard, out = playTape(t, list, 3, "--speed", "100x", "--from", "1500ms")
	require.Contains(t, out, "3 messages, 1 of them retained state")
	require.Equal(t, "new", string(heard[0].Payload))
	require.True(t, heard[0].Retain)
	require.True(t, list[2].Message.Equal(heard[1]))
}

// A thousand messages as fast as they are taken: in order, and none is lost.
func TestPlayAtFullSpeed(t *testing.T) {
	var list []recorder.Record
	for i := range 1000 {
		list = append(list, recorder.Record{
			At: time.Duration(i) * time.Hour, Kind: recorder.KindMessage,
			Message: mqtt.Message{Topic: fmt.Sprint("t/", i%7), Payload: fmt.Append(nil, i), QoS: byte(i / 100 % 3)},
		})
	}
	heard, _ := playTape(t, list, 1000, "--speed", "max")
	for i, m := range heard {
		require.Equal(t, fmt.Sprint(i), string(m.Payload))
		require.Equal(t, byte(i/100%3), m.QoS)
	}
}

// What the broker does not take is told, and is an error when it should be.
func TestPlayRefused(t *testing.T) {
	users, err := broker.NewUsers(broker.User{Name: "", Write: []string{"a"}})
	require.NoError(t, err)
	address := serveBroker(t, broker.Options{Auth: users})
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	for _, topic := range []string{"a", "b"} {
		require.NoError(t, w.Append(recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: topic, QoS: 1}}))
	}
	require.NoError(t, w.Close())
	for want, args := range map[int][]string{0: nil, 1: {"--strict"}} {
		var stdout, stderr bytes.Buffer
		code := cli.Run(t.Context(), append([]string{"play", path, "--to", address}, args...), cli.Options{Name: "simrun", Stdout: &stdout, Stderr: &stderr})
		require.Equal(t, want, code, stderr.String())
		require.Contains(t, stdout.String(), "the broker did not take 1 message")
		if want > 0 {
			require.True(t, strings.HasPrefix(stderr.String(), "simrun: a message was not taken: "), stderr.String())
		}
	}
}
