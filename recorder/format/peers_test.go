package format_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
)

func need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed; make test-peers installs it", program)
	}
}

// startMosquitto runs a broker of our own and returns its port.
func startMosquitto(t testing.TB) int {
	t.Helper()
	need(t, "mosquitto")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	config := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, "listener %d 127.0.0.1\nallow_anonymous true\n", port), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mosquitto", "-c", config)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running, exited := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(exited)
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), " running") {
				running <- true
			}
		}
		_ = cmd.Wait()
		select {
		case running <- false:
		default:
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
	})
	if !<-running {
		t.Fatal("mosquitto did not start")
	}
	return port
}

// subscriber is a mosquitto_sub and what it prints.
type subscriber struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
}

// subscribe returns when mosquitto_sub has printed its first message, a retained
// one, and so is subscribed.
func subscribe(ctx context.Context, t testing.TB, port, messages int, args ...string) *subscriber {
	t.Helper()
	s := &subscriber{done: make(chan error, 1)}
	all := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-q", "2", "-t", "#", "-C", strconv.Itoa(messages)}
	s.cmd = exec.CommandContext(ctx, "mosquitto_sub", append(all, args...)...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	first, err := in.ReadString('\n')
	s.out.WriteString(first)
	go func() {
		_, _ = io.Copy(&s.out, in)
		s.done <- s.cmd.Wait()
	}()
	if err != nil {
		t.Fatalf("mosquitto_sub %q: %v, %v", args, err, <-s.done)
	}
	return s
}

// real are messages that mosquitto_sub is made to print.
var real = []mqtt.Message{
	{Topic: "z/hall lamp", Payload: []byte(`{"state":"ON"}`), QoS: 1},
	{Topic: "z/hall lamp/set", Payload: []byte("ON")},
	{Topic: "a/b", Payload: []byte("hello wörld \\ \"x\"\t")},
	{Topic: "a/b"},
	{Topic: "a/b", Payload: []byte("two\nlines\n\n"), QoS: 1},
	{Topic: "a/b", Payload: []byte{1, 255, 0, '\n', 'z'}},
	{Topic: "end", Payload: []byte("{}"), QoS: 2}, // the last, as QoS 2 takes longer
}

func TestRealMosquittoSub(t *testing.T) {
	need(t, "mosquitto_sub")
	port := startMosquitto(t)
	client := paho.NewClient(paho.NewClientOptions().AddBroker(fmt.Sprintf("mqtt://127.0.0.1:%d", port)).SetClientID("publisher").SetAutoReconnect(false))
	if tok := client.Connect(); tok.Wait() && tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	defer client.Disconnect(100)

	cases := map[string]struct {
		args []string
		o    format.Options
		keep func(i int, m *mqtt.Message) bool // what this output can hold; nil: all
		skip int                               // lines that are none, with Lenient
		auto bool                              // found by content
		cut  int
	}{
		"%j": {args: []string{"-F", "%j"}, auto: true, cut: 1, keep: func(i int, m *mqtt.Message) bool {
			if i == 5 {
				m.Payload = m.Payload[:2]
			}
			return true
		}},
		"%J": {args: []string{"-F", "%J"}, auto: true, keep: func(i int, m *mqtt.Message) bool { return i == 0 || i == 3 || i == 6 }},
		"-v": {args: []string{"-v"}, o: format.Options{Lenient: true}, skip: 2, keep: func(i int, m *mqtt.Message) bool {
			m.QoS = 0
			switch i {
			case 4:
				m.Payload = []byte("two")
			case 5:
				m.Payload = m.Payload[:3]
			}
			return true
		}},
		"length": {args: []string{"-F", `%U\t%t\t%q\t%r\t%l\t%p`}, auto: true},
		"hex":    {args: []string{"-F", `%I %q %r %x %t`}, o: format.Options{Template: `%I %q %r %x %t`}},
		"date": {args: []string{"-F", "%I %t %q %r %p"}, o: format.Options{Lenient: true}, skip: 2, keep: func(i int, m *mqtt.Message) bool {
			switch i {
			case 4:
				m.Payload = []byte("two")
			case 5:
				m.Payload = m.Payload[:3]
			}
			return true
		}},
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	publish := func(m mqtt.Message) {
		if tok := client.Publish(m.Topic, m.QoS, m.Retain, m.Payload); tok.Wait() && tok.Error() != nil {
			t.Fatal(tok.Error())
		}
	}
	publish(mqtt.Message{Topic: "z/first", Payload: []byte("{}"), QoS: 1, Retain: true})
	subs := map[string]*subscriber{}
	for name, c := range cases {
		subs[name] = subscribe(ctx, t, port, len(real)+1, c.args...)
	}
	for _, m := range real {
		publish(m)
	}
	for name, s := range subs {
		if err := <-s.done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := subs[name].out.String()
			if f, err := format.Detect([]byte(text)); c.auto && (err != nil || f.Name != "mosquitto") {
				t.Errorf("Detect = %q, %v of\n%s", f.Name, err, text)
			}
			got, stats, err := decode(t, "mosquitto", text, c.o)
			if err != nil || stats.Skipped != c.skip || stats.Cut != c.cut {
				t.Fatalf("%+v, %v of\n%s", stats, err, text)
			}
			var want []mqtt.Message
			for i, m := range real {
				if c.keep == nil || c.keep(i, &m) {
					want = append(want, m)
				}
			}
			got = got[1:] // the first is the retained one
			if len(got) != len(want) {
				t.Fatalf("%d messages of %d: %+v of\n%s", len(got), len(want), got, text)
			}
			for i := range got {
				if !got[i].Message.Equal(want[i]) {
					t.Errorf("message %d: %+v, want %+v", i, got[i].Message, want[i])
				}
				if name != "-v" && got[i].Wall == 0 {
					t.Errorf("message %d has no time", i)
				}
			}
		})
	}
}

// Python's csv module writes what we read, and reads what we write.
func TestPythonCSV(t *testing.T) {
	need(t, "python3")
	const script = `
import csv, io, sys
out = io.StringIO(newline='')
w = csv.writer(out)
for i, payload in enumerate(['ON', '', 'a,b', 'a"b', '"', 'two\nlines', 'cr\rlf\r\n', ' x ', '{"v": 1}', 'é\t', "'"]):
    w.writerow(['a/b', payload, i % 3, i % 2 == 0, 1763649226.5 + i, 1e-05])
sys.stdout.buffer.write(out.getvalue().encode())
`
	out, err := exec.Command("python3", "-c", script).Output()
	if err != nil {
		t.Skipf("python3 does not run: %v", err)
	}
	if names := format.Matching(out); len(names) != 1 || names[0] != "mqtt-recorder" {
		t.Errorf("it matches %q", names)
	}
	got, _, err := decode(t, "mqtt-recorder", string(out), format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var want []one
	for i, p := range []string{"ON", "", "a,b", `a"b`, `"`, "two\nlines", "cr\rlf\r\n", " x ", `{"v": 1}`, "é\t", "'"} {
		want = append(want, one{time.Duration(i) * time.Second, "a/b", p, ""})
	}
	checkAll(t, "python", got, want)
	if !got[2].Retain || got[1].Retain || got[2].QoS != 2 {
		t.Errorf("flags: %+v", got[:3])
	}

	// And back.
	table := encode(t, "csv", recorder.Info{}, got) + encode(t, "mqtt-recorder", recorder.Info{}, got)
	cmd := exec.Command("python3", "-c", `
import csv, io, sys
for row in csv.reader(io.StringIO(sys.stdin.buffer.read().decode(), newline='')):
    print(len(row), row[7].encode().hex() if len(row) == 11 else row[2].encode().hex())
`)
	cmd.Stdin = strings.NewReader(table)
	back, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, "11 %x\n", "payload")
	for _, r := range got {
		fmt.Fprintf(&lines, "11 %x\n", r.Payload)
	}
	fmt.Fprintf(&lines, "5 %x\n", "payload")
	for _, r := range got {
		fmt.Fprintf(&lines, "5 %x\n", r.Payload)
	}
	if string(back) != lines.String() {
		t.Errorf("python reads\n%s\nwant\n%s", back, lines.String())
	}
}
