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
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/hubtape/hubtape/recorder/deck"
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
	*deck.Deck
	stop context.CancelFunc
	done chan error
}

func begin(t testing.TB, o capture.Options, tape ...deck.Options) *session {
	t.Helper()
	to := deck.Options{}
	if len(tape) > 0 {
		to = tape[0]
	}
	if to.Path == "" {
		to.Path = filepath.Join(t.TempDir(), "x.hubtape")
	}
	d, err := deck.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	c, err := capture.New(d, o)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Deck: d, done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	go func() { s.done <- c.Serve(ctx) }()
	t.Cleanup(cancel)
	return s
}

// from is a capture of one broker.
func from(b *broker, o capture.Options) capture.Options {
	o.Brokers = []capture.Broker{{Connection: conn.Options{Broker: b.url()}}}
	return o
}

func isConnected(p deck.Progress) bool {
	return len(p.Sources) > 0 && p.Sources[0].Connected
}

// until waits for a condition on the recording's progress.
func (s *session) until(t testing.TB, what string, ok func(deck.Progress) bool) {
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

// messages waits for so many.
func (s *session) messages(t testing.TB, n uint64) {
	t.Helper()
	s.until(t, fmt.Sprint(n, " messages"), func(p deck.Progress) bool { return p.Messages >= n })
}

// end returns the records but the last one, which says that the recording ended.
func (s *session) end(t testing.TB) []recorder.Record {
	t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out := records(t, s.Path())
	if last := out[len(out)-1]; last.Kind != recorder.KindNote {
		t.Fatalf("the last record is %+v", last)
	}
	return out[:len(out)-1]
}

func records(t testing.TB, path string) []recorder.Record {
	t.Helper()
	tape, err := recorder.Open(path)
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

// Both versions of MQTT record the same, but for the retain flag of live
// messages, which 3.1.1 does not hand over [MQTT-3.3.1-9].
func TestCapture(t *testing.T) {
	for _, version := range []conn.Version{conn.V311, conn.V5} {
		t.Run(version.String(), func(t *testing.T) {
			b := startBroker(t, "")
			pub := connect(t, b)
			publish(t, pub, "z/state", 1, true, "old")
			publish(t, pub, "z/secret", 1, true, "no")
			o := from(b, capture.Options{Topics: []string{"z/#", "y", "z/+"}, Exclude: []string{"z/secret"}, QoS: 1})
			o.Brokers[0].Connection.Version = version
			s := begin(t, o, deck.Options{FlushEvery: time.Hour}) // which is when a head that is not done would be given up
			s.until(t, "the connection", isConnected)
			s.messages(t, 1)
			publish(t, pub, "z/state", 1, true, "new")
			publish(t, pub, "x", 1, false, "not asked for")
			publish(t, pub, "z/secret", 1, false, "no")
			publish(t, pub, "y", 0, false, "\x00\xff")
			s.messages(t, 3)
			got := s.end(t)
			if len(got) != 3 {
				t.Fatalf("%d records: %+v", len(got), got)
			}
			live := version == conn.V5
			for i, want := range []struct {
				kind           recorder.Kind
				topic, payload string
				qos            byte
				retain         bool
			}{
				{recorder.KindSnapshot, "z/state", "old", 1, true},
				{recorder.KindMessage, "z/state", "new", 1, live},
				{recorder.KindMessage, "y", "\x00\xff", 0, false},
			} {
				r := got[i]
				if r.Kind != want.kind || r.Topic != want.topic || string(r.Payload) != want.payload || r.QoS != want.qos || r.Retain != want.retain {
					t.Errorf("record %d: %+v", i, r)
				}
				if r.Wall == 0 || r.At <= 0 {
					t.Errorf("record %d has no time: %v, %d", i, r.At, r.Wall)
				}
			}
		})
	}
}

// Properties of MQTT 5 are kept.
func TestProperties(t *testing.T) {
	b := startBroker(t, "")
	s := begin(t, from(b, capture.Options{QoS: 1}))
	s.until(t, "the connection", isConnected)
	c, err := conn.Dial(t.Context(), conn.Options{Broker: b.url(), Version: conn.V5})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := byte(1)
	m := mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1, Properties: &mqtt.Properties{
		PayloadFormat: &text, ContentType: "text/plain", ResponseTopic: "r", CorrelationData: []byte{0, 1},
		User: []mqtt.UserProperty{{Key: "k", Value: "1"}, {Key: "k", Value: "2"}},
	}}
	if err := c.Publish(m, nil); err != nil {
		t.Fatal(err)
	}
	s.messages(t, 1)
	if got := s.end(t); len(got) != 1 || !got[0].Message.Equal(m) {
		t.Errorf("recorded %+v", got)
	}
}

// A cut is told as a gap, and recording goes on after it, with what the broker
// has retained then.
func TestGap(t *testing.T) {
	b := startBroker(t, "")
	s := begin(t, from(b, capture.Options{QoS: 1}))
	s.until(t, "the connection", isConnected)
	publish(t, connect(t, b), "a", 1, false, "before")
	s.messages(t, 1)
	b.stop()
	s.until(t, "the cut", func(p deck.Progress) bool { return !p.Sources[0].Connected })
	b.start(t)
	s.until(t, "the end of the gap", func(p deck.Progress) bool { return p.Gaps == 1 && p.Sources[0].Connected })
	publish(t, connect(t, b), "a", 1, false, "after")
	s.messages(t, 2)
	b.stop() // a gap that lasts to the end
	s.until(t, "the cut", func(p deck.Progress) bool { return !p.Sources[0].Connected })
	got := s.end(t)
	if len(got) != 4 || got[1].Kind != recorder.KindGap || got[3].Kind != recorder.KindGap {
		t.Fatalf("records: %+v", got)
	}
	gap := got[1]
	if gap.Until <= gap.At || got[2].At < gap.Until || !strings.Contains(gap.Text, "connection was lost") {
		t.Errorf("gap: %+v", gap)
	}
}

// Several brokers go on one tape, each below its prefix; a cut of one is no cut
// of the other.
func TestSeveralBrokers(t *testing.T) {
	one, two := startBroker(t, ""), startBroker(t, "")
	s := begin(t, capture.Options{Brokers: []capture.Broker{
		{Connection: conn.Options{Broker: one.url()}, Name: "attic", Prefix: "attic/"},
		{Connection: conn.Options{Broker: two.url()}, Name: "cellar", Prefix: "cellar/"},
	}})
	s.until(t, "both connections", func(p deck.Progress) bool {
		return len(p.Sources) == 2 && p.Sources[0].Connected && p.Sources[1].Connected
	})
	publish(t, connect(t, one), "a", 0, false, "1")
	s.messages(t, 1)
	one.stop()
	s.until(t, "the cut", func(p deck.Progress) bool { return !p.Sources[0].Connected })
	publish(t, connect(t, two), "a", 0, false, "2")
	s.messages(t, 2)
	one.start(t)
	s.until(t, "the end of the gap", func(p deck.Progress) bool { return p.Gaps == 1 })
	got := s.end(t)
	if len(got) != 3 || got[0].Topic != "attic/a" || got[1].Topic != "cellar/a" || got[2].Kind != recorder.KindGap {
		t.Fatalf("records: %+v", got)
	}
	from, until := got[2].Gap()
	if !strings.HasPrefix(got[2].Text, "attic: ") || from >= got[1].At || until < got[1].At {
		t.Errorf("the gap from %v to %v around %v: %s", from, until, got[1].At, got[2].Text)
	}
}

// Each part of a recording begins with what the broker has retained then.
func TestPartsBeginWithRetainedState(t *testing.T) {
	for _, version := range []conn.Version{conn.V311, conn.V5} {
		t.Run(version.String(), func(t *testing.T) {
			b := startBroker(t, "")
			pub := connect(t, b)
			publish(t, pub, "z/one", 1, true, "1")
			o := from(b, capture.Options{QoS: 1})
			o.Brokers[0].Connection.Version = version
			path := filepath.Join(t.TempDir(), "x.hubtape")
			s := begin(t, o, deck.Options{Path: path, RotateBytes: 100_000, FlushEvery: 5 * time.Millisecond, Tape: recorder.Options{LogBytes: 1 << 14}})
			s.until(t, "the connection", isConnected)
			s.messages(t, 1)
			publish(t, pub, "z/two", 1, true, "2")
			noise := make([]byte, 6_000) // few enough bytes come while the head does, also on a slow machine
			for i := range noise {
				noise[i] = byte(i * i >> 3)
			}
			for i := 0; s.Progress().Part < 2; i++ {
				publish(t, pub, "noise", 1, false, fmt.Sprint(i)+string(noise[i%len(noise):]))
			}
			s.until(t, "the retained state", func(p deck.Progress) bool { return p.Part >= 2 && p.Queued == 0 })
			last := s.Progress().Messages
			publish(t, pub, "last", 1, false, "x")
			s.messages(t, last+1)
			s.stop()
			if err := errors.Join(<-s.done, s.Close()); err != nil {
				t.Fatal(err)
			}
			got := records(t, strings.TrimSuffix(path, ".hubtape")+"-0002.hubtape")
			if len(got) < 3 || got[0].Kind != recorder.KindSnapshot || got[1].Kind != recorder.KindSnapshot || got[0].Topic+got[1].Topic != "z/onez/two" {
				t.Errorf("part 2 begins with %v %s, %v %s", got[0].Kind, got[0].Topic, got[1].Kind, got[1].Topic)
			}
			for _, r := range got[2:] {
				if r.Kind == recorder.KindSnapshot {
					t.Errorf("another snapshot: %+v", r)
				}
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s := begin(t, capture.Options{Brokers: []capture.Broker{{Connection: conn.Options{Broker: fmt.Sprintf("mqtt://user:pass@127.0.0.1:%d", port)}}}})
	err = <-s.done
	if !errors.Is(err, capture.ErrConnect) || strings.Contains(err.Error(), "pass") {
		t.Errorf("Serve = %v, want ErrConnect without a password", err)
	}
	_ = s.Close()
}

// Whoever stops before a broker has answered is told that it never did.
func TestStoppedBeforeTheFirstConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := begin(t, capture.Options{Brokers: []capture.Broker{{Connection: conn.Options{Broker: "mqtt://" + l.Addr().String()}}}})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.stop()
	if err := <-s.done; !errors.Is(err, capture.ErrConnect) || !errors.Is(err, context.Canceled) {
		t.Errorf("Serve = %v, want ErrConnect, and that it was stopped", err)
	}
	_ = s.Close()
}

// A broker that refuses the user is an error that keeps the password.
func TestRefused(t *testing.T) {
	locked := startBroker(t, "allow_anonymous false")
	s := begin(t, capture.Options{Brokers: []capture.Broker{{Connection: conn.Options{Broker: locked.url(), User: "u", Password: "secret"}}}})
	if err := <-s.done; !errors.Is(err, capture.ErrConnect) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Serve = %v, want ErrConnect", err)
	}
	_ = s.Close()
}

// A tape that cannot go on ends the recording.
func TestDiskFails(t *testing.T) {
	b := startBroker(t, "")
	path := filepath.Join(t.TempDir(), "x.hubtape")
	s := begin(t, from(b, capture.Options{}), deck.Options{Path: path, RotateEvery: time.Nanosecond, FlushEvery: 5 * time.Millisecond})
	if err := os.WriteFile(strings.TrimSuffix(path, ".hubtape")+"-0002.hubtape", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.until(t, "the connection", isConnected)
	publish(t, connect(t, b), "a", 0, false, "1")
	if err := <-s.done; !errors.Is(err, recorder.ErrExists) {
		t.Errorf("Serve = %v, want that part 2 is in the way", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	to := func(address string) capture.Options {
		return capture.Options{Brokers: []capture.Broker{{Connection: conn.Options{Broker: address}}}}
	}
	with := func(change func(*capture.Options)) capture.Options {
		o := to("mqtt://hub")
		change(&o)
		return o
	}
	for name, o := range map[string]capture.Options{
		"no broker":       {},
		"no scheme":       to("hub:1883"),
		"strange scheme":  to("http://hub"),
		"no host":         to("mqtt://"),
		"unreadable port": to("mqtt://u:secret@hub:x"),
		"bad filter":      with(func(o *capture.Options) { o.Topics = []string{"a#"} }),
		"bad exclude":     with(func(o *capture.Options) { o.Exclude = []string{"a/#/b"} }),
		"bad prefix":      with(func(o *capture.Options) { o.Brokers[0].Prefix = "+/" }),
		"QoS 3":           with(func(o *capture.Options) { o.QoS = 3 }),
	} {
		if err := o.Validate(); !errors.Is(err, capture.ErrOptions) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want ErrOptions", name, err)
		}
		if _, err := capture.New(nil, o); !errors.Is(err, capture.ErrOptions) {
			t.Errorf("%s: New = %v, want ErrOptions", name, err)
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
			s := begin(b, from(br, capture.Options{QoS: qos}))
			s.until(b, "the connection", isConnected)
			b.ResetTimer()
			for i := range b.N {
				tok := pub.Publish("z/hall", qos, false, payload)
				if i%200 == 0 && tok.Wait() && tok.Error() != nil {
					b.Fatal(tok.Error())
				}
			}
			s.messages(b, uint64(b.N))
			b.StopTimer()
			s.stop()
			if err := errors.Join(<-s.done, s.Close()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
