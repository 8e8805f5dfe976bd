//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
)

// fragile is a mosquitto that is killed and started again on one port. Its log
// says what it has sent to whom.
type fragile struct {
	config, log string
	address     string
	cmd         *exec.Cmd
}

func startFragile(t *testing.T) *fragile {
	t.Helper()
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed; make test-peers installs it")
	}
	dir := t.TempDir()
	port := closedPort(t)
	f := &fragile{
		config: filepath.Join(dir, "mosquitto.conf"), log: filepath.Join(dir, "mosquitto.log"), address: fmt.Sprintf("127.0.0.1:%d", port),
	}
	text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type all\n", port)
	if err := os.WriteFile(f.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f.start(t)
	t.Cleanup(func() { f.kill(syscall.SIGKILL) })
	return f
}

func (f *fragile) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(f.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	before := strings.Count(f.said(t), " running")
	f.cmd = exec.Command("mosquitto", "-c", f.config)
	f.cmd.Stderr = log
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "mosquitto to run", func() bool { return strings.Count(f.said(t), " running") > before })
}

func (f *fragile) kill(s syscall.Signal) {
	_ = f.cmd.Process.Signal(s)
	_ = f.cmd.Wait()
}

func (f *fragile) said(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(f.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// count publishes numbers, about a thousand a second, each on a topic of its
// own, through every restart, until ctx ends.
func count(ctx context.Context, address string, published *atomic.Int64) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var c *conn.Conn
	for ctx.Err() == nil {
		<-tick.C
		if c == nil {
			c, _ = conn.Dial(ctx, conn.Options{Broker: "mqtt://" + address, ClientID: "counter"})
			continue
		}
		n := published.Add(1)
		if c.Publish(mqtt.Message{Topic: fmt.Sprint("n/", n), Payload: []byte("x"), QoS: byte(n % 2)}, nil) != nil {
			_ = c.Close()
			c = nil
		}
	}
	if c != nil {
		_ = c.Close()
	}
}

// A broker that is killed and comes back: what it has sent is on the tape, each
// message once, and every outage is a gap. Its log tells of a message just before
// it is sent, so the last one before a kill may not have been. HUBTAPE_RESTARTS says how often to try
// (default 3).
func TestBrokerRestarts(t *testing.T) {
	restarts := 3
	if s := os.Getenv("HUBTAPE_RESTARTS"); s != "" {
		var err error
		if restarts, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	f := startFragile(t)
	tape := filepath.Join(t.TempDir(), "a.hubtape")
	cmd := record(t, f.address, tape, "--client-id", "recorder", "--redact", "none", "--topic", "n/#")
	subscribed := func() int { return strings.Count(f.said(t), "Sending SUBACK to recorder") }
	await(t, "record to listen", func() bool { return subscribed() >= 2 })
	ctx, stop := context.WithCancel(t.Context())
	var published atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		count(ctx, f.address, &published)
	}()
	for i := range restarts {
		from := published.Load()
		await(t, "messages", func() bool { return published.Load() > from+500 })
		f.kill([]syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[i%2])
		before := subscribed()
		f.start(t)
		await(t, "record to be back", func() bool { return subscribed() >= before+2 })
	}
	from := published.Load()
	await(t, "messages", func() bool { return published.Load() > from+500 })
	stop()
	<-done
	await(t, "the last message on the tape", func() bool {
		_, last := sentTo(f.said(t), "recorder")
		rs := onTape(t, tape)
		return len(rs) > 0 && rs[len(rs)-1].Topic == last
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("record: %v\n%s", err, cmd.Stderr)
	}
	sent, _ := sentTo(f.said(t), "recorder")
	messages, unsent := 0, 0
	for _, r := range readTape(t, tape) {
		if messages++; sent[r.Topic] == nil {
			t.Fatalf("%s is on the tape and was never sent", r.Topic)
		}
		sent[r.Topic].times--
	}
	for topic, s := range sent {
		switch {
		case s.times == 1 && s.atKill: // killed between the line of its log and the network
			unsent++
		case s.times != 0:
			t.Errorf("%s was sent %+d times more than it is on the tape", topic, s.times)
		}
	}
	gaps := 0
	for _, r := range readKinds(t, tape, recorder.KindGap) {
		if gaps++; r.Until <= r.At || r.Text == "" {
			t.Errorf("gap from %v to %v: %q", r.At, r.Until, r.Text)
		}
	}
	if gaps != restarts {
		t.Errorf("%d gaps for %d outages", gaps, restarts)
	}
	t.Logf("%d published, %d sent to the recorder (%d more were about to be at a kill), all on the tape once; %d outages, %d gaps",
		published.Load(), messages, unsent, restarts, gaps)
}

// logged is what a log says of a message.
type logged struct {
	times  int
	atKill bool // it is the last thing before the broker was started again
}

// sending is a message that is sent, or a broker that begins another life.
var sending = regexp.MustCompile(`Sending PUBLISH to (\S+) \(d\d, q\d, r\d, m\d+, '([^']*)'|mosquitto version \S+ starting`)

// sentTo counts what a log says was sent to a client, by topic, and names what
// was sent last.
func sentTo(log, client string) (sent map[string]*logged, last string) {
	sent = map[string]*logged{}
	for _, m := range sending.FindAllStringSubmatch(log, -1) {
		switch {
		case m[1] == "" && last != "":
			sent[last].atKill = true
		case m[1] == client:
			if last = m[2]; sent[last] == nil {
				sent[last] = &logged{}
			}
			sent[last].times++
		}
	}
	return sent, last
}

func readKinds(t *testing.T, path string, kinds ...recorder.Kind) (out []recorder.Record) {
	t.Helper()
	tape, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	c := tape.Cursor(recorder.Query{Kinds: kinds})
	for c.Next() {
		out = append(out, *c.Record())
	}
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	return out
}

func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
