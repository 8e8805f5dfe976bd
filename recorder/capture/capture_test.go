package capture_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// broker is a mosquitto of our own.
type broker struct {
	port   int
	config string
	cmd    *exec.Cmd
	exited chan struct{}
}

func (b *broker) url() string { return fmt.Sprintf("mqtt://127.0.0.1:%d", b.port) }

func startBroker(t testing.TB, more string) *broker {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed; make test-peers installs it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{port: l.Addr().(*net.TCPAddr).Port, config: filepath.Join(t.TempDir(), "mosquitto.conf")}
	_ = l.Close()
	text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n%s\n", b.port, more)
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start(t testing.TB) {
	t.Helper()
	b.cmd = exec.Command("mosquitto", "-c", b.config)
	out, err := b.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running := make(chan bool, 1)
	b.exited = make(chan struct{})
	go func() {
		defer close(b.exited)
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), " running") {
				running <- true
			}
		}
		_ = b.cmd.Wait()
		running <- false
	}()
	if !<-running {
		t.Fatal("mosquitto did not start")
	}
}

func (b *broker) stop() {
	_ = b.cmd.Process.Kill()
	<-b.exited
}

func connect(t testing.TB, b *broker) paho.Client {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker(b.url()).SetClientID("publisher").SetAutoReconnect(false))
	if tok := c.Connect(); tok.Wait() && tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

func publish(t testing.TB, c paho.Client, topic string, qos byte, retain bool, payload string) {
	t.Helper()
	if tok := c.Publish(topic, qos, retain, payload); tok.Wait() && tok.Error() != nil {
		t.Fatal(tok.Error())
	}
}

// session is a capture that runs.
type session struct {
	*capture.Capture
	path string
	w    *recorder.Writer
	stop context.CancelFunc
	done chan error
}

func begin(t testing.TB, o capture.Options) *session {
	t.Helper()
	o.Start = time.Now()
	s := &session{path: filepath.Join(t.TempDir(), "x.hubtape"), done: make(chan error, 1)}
	var err error
	if s.w, err = recorder.Create(s.path, recorder.Options{Start: o.Start}); err != nil {
		t.Fatal(err)
	}
	if s.Capture, err = capture.New(s.w, o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	go func() { s.done <- s.Serve(ctx) }()
	t.Cleanup(cancel)
	return s
}

// until waits for a condition on the capture's progress.
func (s *session) until(t testing.TB, what string, ok func(capture.Progress) bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 15_000 {
		if ok(s.Progress()) {
			return
		}
		select {
		case err := <-s.done:
			t.Fatalf("it ended before %s: %v", what, err)
		case <-tick.C:
		}
	}
	t.Fatalf("waited in vain for %s: %+v", what, s.Progress())
}

func (s *session) end(t testing.TB) []recorder.Record {
	t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		t.Fatal(err)
	}
	if err := s.w.Close(); err != nil {
		t.Fatal(err)
	}
	tape, err := recorder.Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	var out []recorder.Record
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		out = append(out, *c.Record())
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return out
}

func TestCapture(t *testing.T) {
	b := startBroker(t, "")
	pub := connect(t, b)
	publish(t, pub, "z/state", 1, true, "old")
	publish(t, pub, "z/secret", 1, true, "no")
	s := begin(t, capture.Options{Broker: b.url(), Topics: []string{"z/#", "y"}, Exclude: []string{"z/secret"}, QoS: 1})
	s.until(t, "the retained message", func(p capture.Progress) bool { return p.Messages == 1 })
	publish(t, pub, "z/state", 1, true, "new")
	publish(t, pub, "x", 1, false, "not asked for")
	publish(t, pub, "z/secret", 1, false, "no")
	publish(t, pub, "y", 0, false, "\x00\xff")
	s.until(t, "two messages", func(p capture.Progress) bool { return p.Messages == 3 })
	got := s.end(t)
	if len(got) != 3 {
		t.Fatalf("%d records: %+v", len(got), got)
	}
	for i, want := range []recorder.Record{
		{Kind: recorder.KindSnapshot}, {Kind: recorder.KindMessage}, {Kind: recorder.KindMessage},
	} {
		r := got[i]
		topic, payload := []string{"z/state", "z/state", "y"}[i], []string{"old", "new", "\x00\xff"}[i]
		qos := []byte{1, 1, 0}[i]
		if r.Kind != want.Kind || r.Topic != topic || !bytes.Equal(r.Payload, []byte(payload)) || r.QoS != qos || r.Retain != (i == 0) {
			t.Errorf("record %d: %+v", i, r)
		}
		if r.Wall == 0 || r.At <= 0 {
			t.Errorf("record %d has no time: %v, %d", i, r.At, r.Wall)
		}
	}
}

// A cut is told as a gap, and recording goes on after it.
func TestGap(t *testing.T) {
	b := startBroker(t, "")
	s := begin(t, capture.Options{Broker: b.url(), QoS: 1})
	s.until(t, "the connection", func(p capture.Progress) bool { return p.Connected })
	publish(t, connect(t, b), "a", 1, false, "before")
	s.until(t, "a message", func(p capture.Progress) bool { return p.Messages == 1 })
	b.stop()
	s.until(t, "the cut", func(p capture.Progress) bool { return !p.Connected })
	b.start(t)
	s.until(t, "the end of the gap", func(p capture.Progress) bool { return p.Gaps == 1 })
	publish(t, connect(t, b), "a", 1, false, "after")
	s.until(t, "another message", func(p capture.Progress) bool { return p.Messages == 2 })
	got := s.end(t)
	if len(got) != 3 || got[1].Kind != recorder.KindGap {
		t.Fatalf("records: %+v", got)
	}
	gap := got[1]
	if gap.Until <= gap.At || got[2].At < gap.Until || !strings.HasPrefix(gap.Text, "connection lost: ") {
		t.Errorf("gap: %+v", gap)
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s := begin(t, capture.Options{Broker: fmt.Sprintf("mqtt://user:pass@127.0.0.1:%d", port)})
	err = <-s.done
	if !errors.Is(err, capture.ErrConnect) || strings.Contains(err.Error(), "pass") {
		t.Errorf("Serve = %v, want ErrConnect without a password", err)
	}
	_ = s.w.Close()
}

// A broker that refuses the user is an error that keeps the password.
func TestRefused(t *testing.T) {
	locked := startBroker(t, "allow_anonymous false")
	s := begin(t, capture.Options{Broker: locked.url(), User: "u", Password: "secret"})
	if err := <-s.done; !errors.Is(err, capture.ErrConnect) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Serve = %v, want ErrConnect", err)
	}
	_ = s.w.Close()
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]capture.Options{
		"no broker":       {},
		"no scheme":       {Broker: "hub:1883"},
		"strange scheme":  {Broker: "http://hub"},
		"no host":         {Broker: "mqtt://"},
		"bad filter":      {Broker: "mqtt://hub", Topics: []string{"a#"}},
		"bad exclude":     {Broker: "mqtt://hub", Exclude: []string{"a/#/b"}},
		"QoS 3":           {Broker: "mqtt://hub", QoS: 3},
		"unreadable port": {Broker: "mqtt://u:secret@hub:x"},
	} {
		_, err := capture.New(nil, o)
		if !errors.Is(err, capture.ErrOptions) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: New = %v, want ErrOptions", name, err)
		}
	}
	for address, want := range map[string]string{
		"mqtt://hub": "hub:1883", "mqtts://hub": "hub:8883", "ws://hub/mqtt": "hub:80", "wss://hub:9001": "hub:9001", "mqtt://[::1]": "[::1]:1883",
	} {
		if u, err := capture.ParseBroker(address); err != nil || u.Host != want {
			t.Errorf("ParseBroker(%q) = %v, %v; want the host %s", address, u, err, want)
		}
	}
}

// BenchmarkCapture records what one publisher sends as fast as it can through
// a real broker; an operation is a message, from Publish to the tape.
func BenchmarkCapture(b *testing.B) {
	br := startBroker(b, "")
	pub := connect(b, br)
	payload := bytes.Repeat([]byte(`{"temperature":21.5,"humidity":40}`), 5)
	for _, qos := range []byte{0, 1} {
		b.Run(fmt.Sprintf("qos=%d", qos), func(b *testing.B) {
			s := begin(b, capture.Options{Broker: br.url(), QoS: qos})
			s.until(b, "the connection", func(p capture.Progress) bool { return p.Connected })
			b.ResetTimer()
			for i := range b.N {
				tok := pub.Publish("z/hall", qos, false, payload)
				if i%200 == 0 && tok.Wait() && tok.Error() != nil {
					b.Fatal(tok.Error())
				}
			}
			s.until(b, "all messages", func(p capture.Progress) bool { return p.Messages == uint64(b.N) })
			b.StopTimer()
			s.stop()
			if err := errors.Join(<-s.done, s.w.Close()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
