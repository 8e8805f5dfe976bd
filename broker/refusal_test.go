package broker_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
)

// raw is a client that says bytes.
type raw struct {
	net.Conn
	t *testing.T
}

func (w *world) raw(id string, connect []byte) *raw {
	w.Helper()
	nc, err := net.Dial("tcp", w.address)
	require.NoError(w, err)
	w.Cleanup(func() { _ = nc.Close() })
	require.NoError(w, nc.SetDeadline(time.Now().Add(patience)))
	c := &raw{nc, w.T}
	c.says(0x10, append(connect, str(id)...))
	return c
}

// The beginnings of a CONNECT of each version, up to the client id.
var (
	connect4 = append(str("MQTT"), 4, 2, 0, 0)
	connect5 = append(str("MQTT"), 5, 2, 0, 0, 0)
)

func str(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

func (c *raw) says(first byte, body []byte) {
	c.t.Helper()
	_, err := c.Write(append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...))
	require.NoError(c.t, err)
}

// hears reads packets up to one of a kind, and returns its body.
func (c *raw) hears(kind byte) []byte {
	c.t.Helper()
	for {
		var head [2]byte // all are short
		_, err := io.ReadFull(c, head[:])
		require.NoError(c.t, err)
		body := make([]byte, head[1])
		_, err = io.ReadFull(c, body)
		require.NoError(c.t, err)
		if head[0]>>4 == kind {
			return body
		}
	}
}

func (c *raw) ends() {
	c.t.Helper()
	_, err := io.Copy(io.Discard, c)
	require.NotErrorIs(c.t, err, io.ErrNoProgress)
	var slow net.Error
	require.False(c.t, err != nil && errors.As(err, &slow) && slow.Timeout(), "the connection never ended")
}

type refusals struct {
	mu   sync.Mutex
	list []broker.Refusal
}

func (r *refusals) add(one broker.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one.Addr = ""
	r.list = append(r.list, one)
}

// A topic alias counts as the topic that it stands for, and nothing as nothing.
func TestTopicAliasesAndPermissions(t *testing.T) {
	users, err := broker.NewUsers(broker.User{Name: "", Write: []string{"a/+"}})
	require.NoError(t, err)
	var refused refusals
	w := serve(t, broker.Options{Auth: users, Refused: refused.add}, broker.ListenOptions{})
	c := w.raw("c", append([]byte{}, connect5...))
	c.hears(2)
	alias := func(n byte) []byte { return []byte{3, 0x23, 0, n} }
	c.says(0x30, append(append(str("a/1"), alias(1)...), "one"...))
	c.says(0x30, append(append(str(""), alias(1)...), "two"...))
	c.says(0x30, append(append(str("b"), alias(2)...), "no"...))
	w.await("publish client=c source=network topic=a/1 payload=two #2")
	c.says(0x30, append(append(str(""), alias(9)...), "what"...))
	require.EqualValues(t, 0x94, c.hears(14)[0], "Topic Alias invalid")
	c.ends()
	e := w.await("disconnect client=c source=network reason=it used a topic alias that stands for nothing")
	require.Equal(t, "it used a topic alias that stands for nothing", e.Reason)
	refused.mu.Lock()
	defer refused.mu.Unlock()
	require.Equal(t, []broker.Refusal{{Kind: broker.RefusedPublish, Client: "c", Topic: "b", Reason: "the user may not do that there"}}, refused.list)
}

func TestAFirstPacketThatIsTooLong(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	nc, err := net.Dial("tcp", w.address)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = nc.Write([]byte{0x10, 0xff, 0xff, 0xff, 0x7f})
	require.NoError(t, err)
	(&raw{nc, t}).ends()
}

func TestAWillAboveTheLimit(t *testing.T) {
	var refused refusals
	w := serve(t, broker.Options{MaxMessageBytes: 3, Refused: refused.add}, broker.ListenOptions{})
	nc, err := net.Dial("tcp", w.address)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	c := &raw{nc, t}
	body := append(append(str("MQTT"), 4, 2|4, 0, 0), str("c")...)
	c.says(0x10, append(append(body, str("gone")...), str("four")...))
	require.EqualValues(t, 5, c.hears(2)[1])
	c.ends()
	refused.mu.Lock()
	defer refused.mu.Unlock()
	require.Equal(t, []broker.Refusal{{Kind: broker.RefusedLogin, Client: "c", Reason: "packet too large"}}, refused.list)
}

// Who does not acknowledge loses what is more than mochi keeps, and that is told.
func TestDropsOfWhoDoesNotAcknowledge(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	c := w.raw("mute", append([]byte{}, connect4...))
	c.hears(2)
	c.says(0x82, append(append([]byte{0, 1}, str("t")...), 1))
	c.hears(9)
	reading := make(chan struct{})
	go func() { // it reads, and says nothing
		defer close(reading)
		_, _ = io.Copy(io.Discard, c)
	}()
	p := w.raw("p", append([]byte{}, connect4...))
	p.hears(2)
	go func() { _, _ = io.Copy(io.Discard, p) }()
	body := append(str("t"), 0, 1, 'x')
	for range 8300 {
		p.says(0x32, body)
	}
	e := w.await("drop to=mute reason=too many messages to the client are not acknowledged")
	require.True(t, e.Network)
	_ = c.Close()
	<-reading
}

func TestNetworkClients(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	w.do(func() { connect(w, w.b, broker.ConnectOptions{ClientID: "inside"}) })
	b, a := w.raw("b", append([]byte{}, connect5...)), w.raw("a", append([]byte{}, connect4...))
	a.hears(2)
	b.hears(2)
	b.says(0x82, append(append(append(append([]byte{0, 1, 0}, str("y")...), 2), str("x/#")...), 0))
	b.hears(9)
	require.Equal(t, []broker.NetworkClient{
		{ID: "a", Version: 4},
		{ID: "b", Version: 5, Subscriptions: []broker.Subscription{{Filter: "x/#"}, {Filter: "y", QoS: 2}}},
	}, w.b.NetworkClients())
}
