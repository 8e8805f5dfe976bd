package hub_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
)

const patience = 30 * time.Second

// house is a hub that runs, and its tape.
type house struct {
	*hub.Hub
	t    testing.TB
	path string
	log  *lines
	stop func() error // ends it, once; the error of Serve
}

// lines is a log that tests look at.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
	new chan struct{}
}

func newLines() *lines { return &lines{new: make(chan struct{}, 1)} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.new <- struct{}{}:
	default:
	}
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// await waits until the log has a text.
func (l *lines) await(t testing.TB, want string) {
	t.Helper()
	give := time.After(patience)
	for !strings.Contains(l.String(), want) {
		select {
		case <-l.new:
		case <-give:
			t.Fatalf("the log never said %q: %s", want, l)
		}
	}
}

func open(t testing.TB, o hub.Options, do deck.Options) *house {
	t.Helper()
	h := &house{t: t, log: newLines()}
	if do.Path == "" {
		do.Path = filepath.Join(t.TempDir(), "x.hubtape")
	}
	h.path = do.Path
	d, err := deck.Open(do)
	require.NoError(t, err)
	if len(o.Listen) == 0 {
		o.Listen = []hub.Listen{{Address: "127.0.0.1:0"}}
	}
	o.Log = slog.New(slog.NewTextHandler(h.log, nil))
	h.Hub, err = hub.New(d, o)
	require.NoError(t, err)
	require.Nil(t, h.Addresses())
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		err := <-served
		_ = d.Close() // after a failed disk it has an error of its own
		return err
	})
	t.Cleanup(func() { _ = h.stop() })
	select {
	case <-h.Ready():
	case err := <-served:
		served <- err
		t.Fatalf("the hub does not serve: %v", err)
	}
	return h
}

func (h *house) address() string { return h.Addresses()[0].String() }

// client is somebody who is connected, and what came to it.
type client struct {
	*conn.Conn
	t   testing.TB
	got chan conn.Incoming
}

func (h *house) dial(id string, o conn.Options) *client {
	h.t.Helper()
	c, err := h.tryDial(id, o)
	require.NoError(h.t, err)
	return c
}

func (h *house) tryDial(id string, o conn.Options) (*client, error) {
	c := &client{t: h.t, got: make(chan conn.Incoming, 10_000)}
	if o.Broker == "" {
		o.Broker = "mqtt://" + h.address()
	}
	o.ClientID = id
	o.OnMessage = func(m conn.Incoming) { c.got <- m }
	var err error
	if c.Conn, err = conn.Dial(context.Background(), o); err != nil {
		return nil, err
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c, nil
}

func (c *client) subscribe(filter string, qos byte) {
	c.t.Helper()
	require.NoError(c.t, c.Subscribe(context.Background(), conn.Subscription{Filter: filter, QoS: qos}))
}

// publish waits for the acknowledgement, where there is one.
func (c *client) publish(m mqtt.Message) error {
	done := make(chan error, 1)
	if err := c.Publish(m, func(err error) { done <- err }); err != nil {
		return err
	}
	if m.QoS == 0 {
		return nil
	}
	return <-done
}

// next is the next message.
func (c *client) next() string {
	c.t.Helper()
	select {
	case m := <-c.got:
		return m.Topic + "=" + string(m.Payload)
	case <-time.After(patience):
		c.t.Fatal("nothing came")
		return ""
	}
}

// tape ends the hub and reads what it wrote, a line each.
func (h *house) tape() []string {
	h.t.Helper()
	require.NoError(h.t, h.stop())
	var out []string
	for _, r := range records(h.t, h.path) {
		out = append(out, line(r))
	}
	return out
}

func records(t testing.TB, path string) (out []recorder.Record) {
	t.Helper()
	tape, err := recorder.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, tape.Close()) }()
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		r := *c.Record()
		r.Payload = bytes.Clone(r.Payload)
		out = append(out, r)
	}
	require.NoError(t, c.Err())
	return out
}

func line(r recorder.Record) string {
	s := r.Kind.String()
	if r.Client != "" {
		s += " " + r.Client
	}
	if r.Topic != "" {
		s += fmt.Sprintf(" %s=%s/%d", r.Topic, r.Payload, r.QoS)
	}
	if r.Retain {
		s += " retain"
	}
	if r.Text != "" {
		s += ": " + r.Text
	}
	return s
}
