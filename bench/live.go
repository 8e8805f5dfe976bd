package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// The rate that the rows of live recording are driven at, and for how long.
const (
	liveRate    = 100_000
	livePayload = 200
)

// liveRun is one recording: a mosquitto, a consumer, and a generator.
type liveRun struct {
	dir       string
	port      int
	mosquitto *exec.Cmd
	consumer  *exec.Cmd
	received  func() (uint64, error) // so far, by the consumer
}

// usage is what a process took.
type usage struct {
	cpu   time.Duration
	rssMB float64
}

// recordLive measures `record` and mosquitto_sub side by side, at one QoS.
func recordLive(qos byte) func() (result, error) {
	return func() (result, error) {
		ours, err := newLiveRun(false, qos)
		if err != nil {
			return result{}, err
		}
		defer os.RemoveAll(ours.dir)
		got, err := ours.measure(qos, *liveFor)
		if err != nil {
			return result{}, err
		}
		stored, err := countLive(filepath.Join(ours.dir, "live.hubtape"))
		if err != nil {
			return result{}, err
		}
		theirs, err := newLiveRun(true, qos)
		if err != nil {
			return result{}, err
		}
		defer os.RemoveAll(theirs.dir)
		beside, err := theirs.measure(qos, min(*liveFor, 10*time.Second))
		if err != nil {
			return result{}, err
		}
		met := "yes"
		switch {
		case stored != got.sent:
			met = fmt.Sprintf("no: %d of %d sent are missing", int64(got.sent)-int64(stored), got.sent)
		case got.rate() < 0.98*liveRate && got.broker.cpu > 9*got.took/10:
			met = fmt.Sprintf("no: the broker is the limit, its thread took %.0f %% of a core", 100*got.broker.cpu.Seconds()/got.took.Seconds())
		case got.rate() < 0.98*liveRate:
			met = fmt.Sprintf("no: %.0f msg/s went through", got.rate())
		}
		return result{
			ours:  fmt.Sprintf("%d of %d stored, %.0f/s for %.0f s; %s", stored, got.sent, got.rate(), got.took.Seconds(), got.text("record")),
			peers: fmt.Sprintf("mosquitto_sub: %d of %d, %.0f/s; %s", beside.received, beside.sent, beside.rate(), beside.text("it")),
			met:   met,
		}, nil
	}
}

// measured is how a run went.
type measured struct {
	sent, received   uint64
	took             time.Duration // of sending, acknowledged at QoS 1
	broker, consumer usage
}

func (m measured) rate() float64 { return float64(m.sent) / m.took.Seconds() }

func (m measured) text(consumer string) string {
	share := func(u usage) float64 { return 100 * u.cpu.Seconds() / m.took.Seconds() }
	return fmt.Sprintf("%s %.0f %% CPU, %.0f MB; mosquitto %.0f %% CPU", consumer, share(m.consumer), m.consumer.rssMB, share(m.broker))
}

// newLiveRun starts a broker and a consumer that hears it.
func newLiveRun(theirs bool, qos byte) (r *liveRun, err error) {
	r = &liveRun{}
	defer func() {
		if err != nil {
			r.kill()
		}
	}()
	if r.dir, err = os.MkdirTemp("", "hubtape-bench-*"); err != nil {
		return r, err
	}
	if err := r.startBroker(); err != nil {
		return r, err
	}
	if theirs {
		return r, r.startSub(qos)
	}
	return r, r.startRecord(qos)
}

// startBroker starts a mosquitto that never drops what waits for a client.
func (r *liveRun) startBroker() (err error) {
	if r.port, err = freePort(); err != nil {
		return err
	}
	conf := filepath.Join(r.dir, "mosquitto.conf")
	text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n", r.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	r.mosquitto = exec.Command("mosquitto", "-c", conf)
	return startUntil(r.mosquitto, "running")
}

func (r *liveRun) startRecord(qos byte) error {
	binary := filepath.Join(r.dir, "record")
	build := exec.Command("go", "build", "-o", binary, "./cmd/record")
	build.Dir = ".." // the module of record is the one around this one
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build record: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	metrics := "127.0.0.1:" + strconv.Itoa(port)
	r.consumer = exec.Command(binary, "--broker", fmt.Sprintf("mqtt://127.0.0.1:%d", r.port), "--qos", strconv.Itoa(int(qos)), "--topic", "bench/#",
		"-o", filepath.Join(r.dir, "live.hubtape"), "--metrics", metrics, "--redact-key", filepath.Join(r.dir, "key"))
	r.received = func() (uint64, error) {
		return readMetric("http://"+metrics+"/metrics", "hubtape_record_messages_total")
	}
	return startUntil(r.consumer, "connected")
}

func (r *liveRun) startSub(qos byte) error {
	var lines atomic.Uint64
	r.consumer = exec.Command("mosquitto_sub", "-p", strconv.Itoa(r.port), "-q", strconv.Itoa(int(qos)), "-t", "bench/#", "-F", "%x")
	out, err := r.consumer.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.consumer.Start(); err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 1<<20)
		for {
			n, err := out.Read(buf)
			lines.Add(uint64(bytes.Count(buf[:n], []byte("\n"))))
			if err != nil {
				return
			}
		}
	}()
	r.received = func() (uint64, error) { return lines.Load(), nil }
	hello, err := dialLive(r.port, 0)
	if err != nil {
		return err
	}
	defer hello.Close()
	for lines.Load() == 0 { // it says nothing when it is subscribed
		if err := hello.publish("bench/ready", nil); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// measure sends for a while, waits until the consumer has what it will get, and
// ends everything.
func (r *liveRun) measure(qos byte, lasting time.Duration) (m measured, err error) {
	defer r.kill()
	before, err := r.received()
	if err != nil {
		return m, err
	}
	g, err := dialLive(r.port, qos)
	if err != nil {
		return m, err
	}
	defer g.Close()
	if m.sent, m.took, err = g.run(lasting); err != nil {
		return m, err
	}
	for last, quiet := uint64(0), 0; quiet < 20; quiet++ { // until nothing has come for 2 s
		now, err := r.received()
		if err != nil {
			return m, err
		}
		if m.received = now - before; m.received >= m.sent {
			break
		}
		if now != last {
			last, quiet = now, 0
		}
		time.Sleep(100 * time.Millisecond)
	}
	m.consumer = end(r.consumer)
	m.broker = end(r.mosquitto)
	return m, nil
}

func (r *liveRun) kill() {
	for _, c := range []*exec.Cmd{r.consumer, r.mosquitto} {
		if c != nil && c.Process != nil && c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
}

// end stops a process and says what it took.
func end(c *exec.Cmd) usage {
	_ = c.Process.Signal(os.Interrupt)
	_ = c.Wait()
	u := usage{cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if ru, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.rssMB = float64(ru.Maxrss) / 1024 // KiB on Linux
	}
	return u
}

// startUntil starts a process and returns when it has logged a word.
func startUntil(c *exec.Cmd, word string) error {
	out, err := c.StderrPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	said := make(chan bool, 1)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), word) {
				select {
				case said <- true:
				default:
				}
			}
		}
		close(said)
	}()
	if !<-said {
		return fmt.Errorf("%s did not start", c.Path)
	}
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// readMetric reads one number of a Prometheus page.
func readMetric(url, name string) (uint64, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	for _, line := range strings.Split(string(page), "\n") {
		if text, ok := strings.CutPrefix(line, name+" "); ok && err == nil {
			f, err := strconv.ParseFloat(text, 64)
			return uint64(f), err
		}
	}
	return 0, errors.Join(err, fmt.Errorf("%s is not at %s", name, url))
}

func countLive(path string) (n uint64, err error) {
	tape, err := recorder.Open(path)
	if err != nil {
		return 0, err
	}
	defer tape.Close()
	cursor := tape.Cursor(recorder.Query{Transient: true, Kinds: recorder.MessageKinds()})
	for cursor.Next() {
		n++
	}
	return n, cursor.Err()
}
