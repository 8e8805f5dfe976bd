package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
)

// The tape that is played: ten minutes of 50 devices at one message a second.
const (
	playMessages = 30_000
	playSpeed    = 10
)

// heard is a message that a subscriber got.
type heard struct {
	n    int // its number on the tape
	when time.Time
}

// playTimed plays ten minutes at ten times their speed into a mosquitto, and
// measures at a subscriber how far each message is from its instant.
func playTimed() (result, error) {
	r, got, err := playOnce("--speed", strconv.Itoa(playSpeed)+"x")
	if err != nil {
		return result{}, err
	}
	errs := make([]time.Duration, len(got))
	// The start that no message is early by: what is left is how late each came.
	start := got[0].when
	for i, h := range got {
		errs[i] = h.when.Sub(start) - playOffset(h.n)/playSpeed
	}
	early := slices.Min(errs)
	for i := range errs {
		errs[i] -= early
	}
	minute := playMessages / 10
	first, last := spread(errs[:minute]), spread(errs[len(errs)-minute:])
	met := "yes"
	if len(got) != playMessages || !inOrder(got) {
		met = fmt.Sprintf("no: %d of %d came", len(got), playMessages)
	}
	return result{
		ours:  fmt.Sprintf("p50/p99/worst: first minute %s, last minute %s; %s", first, last, r),
		peers: "", met: met,
	}, nil
}

// playMax plays the same as fast as mosquitto takes it, beside a loop of paho in
// Python that waits for nothing but the library's queue.
func playMax() (result, error) {
	ours, got, err := playOnce("--speed", "max")
	if err != nil {
		return result{}, err
	}
	met := "yes"
	switch {
	case len(got) != playMessages:
		met = fmt.Sprintf("no: %d of %d came", len(got), playMessages)
	case !inOrder(got):
		met = "no: out of order"
	}
	rate := float64(len(got)) / got[len(got)-1].when.Sub(got[0].when).Seconds()
	theirs, err := pythonLoop()
	if err != nil {
		theirs = "paho in Python did not run: " + err.Error()
	}
	return result{ours: fmt.Sprintf("%.0f msg/s at QoS 1, %s", rate, ours), peers: theirs, met: met}, nil
}

func playOffset(n int) time.Duration { return time.Duration(n) * 20 * time.Millisecond }

// writePlayTape makes the tape: message n says its number, and is due every 20 ms.
func writePlayTape(path string) error {
	w, err := recorder.Create(path, recorder.Options{Start: time.Unix(1768000000, 0)})
	if err != nil {
		return err
	}
	for n := 0; n < playMessages && err == nil; n++ {
		rec := recorder.Record{Kind: recorder.KindMessage, At: playOffset(n)}
		rec.Topic, rec.QoS = "play/"+deviceTopics[n%50], 1
		rec.Payload = fmt.Appendf(nil, `{"n":%d,"temperature":%d.5,"linkquality":120,"battery":97,"last_seen":"2026-01-10T17:00:00Z"}`, n, n%30)
		err = w.Append(rec)
	}
	return errors.Join(err, w.Close())
}

// playOnce runs simrun play against a mosquitto of its own.
func playOnce(args ...string) (said string, got []heard, err error) {
	r := &liveRun{}
	if r.dir, err = os.MkdirTemp("", "hubtape-bench-*"); err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(r.dir)
	defer r.kill()
	if err := r.startBroker(); err != nil {
		return "", nil, err
	}
	simrun, tape := filepath.Join(r.dir, "simrun"), filepath.Join(r.dir, "play.hubtape")
	build := exec.Command("go", "build", "-o", simrun, "./cmd/simrun")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build simrun: %w: %s", err, out)
	}
	if err := writePlayTape(tape); err != nil {
		return "", nil, err
	}
	ear, err := listen(r.port)
	if err != nil {
		return "", nil, err
	}
	defer ear.Close()
	play := exec.Command(simrun, append([]string{"play", tape, "--to", fmt.Sprintf("mqtt://127.0.0.1:%d", r.port)}, args...)...)
	out, err := play.CombinedOutput()
	if err != nil {
		return "", nil, fmt.Errorf("simrun play: %w: %s", err, out)
	}
	got = ear.wait(playMessages)
	if len(got) == 0 {
		return "", nil, errors.New("nothing was heard")
	}
	_, said, _ = strings.Cut(strings.TrimSpace(string(out)), "; ")
	return said, got, nil
}

// ear is a subscriber that notes when each message came.
type ear struct {
	*conn.Conn
	mu  sync.Mutex
	got []heard
}

func listen(port int) (*ear, error) {
	e := &ear{}
	var err error
	e.Conn, err = conn.Dial(context.Background(), conn.Options{
		Broker: fmt.Sprintf("mqtt://127.0.0.1:%d", port),
		OnMessage: func(m conn.Incoming) {
			now := time.Now()
			text, _, _ := bytes.Cut(bytes.TrimPrefix(m.Payload, []byte(`{"n":`)), []byte(","))
			n, _ := strconv.Atoi(string(text))
			e.mu.Lock()
			defer e.mu.Unlock()
			e.got = append(e.got, heard{n, now})
		},
	})
	if err != nil {
		return nil, err
	}
	return e, e.Subscribe(context.Background(), conn.Subscription{Filter: "play/#", QoS: 1})
}

// wait returns what came, when so many have or nothing more does.
func (e *ear) wait(want int) []heard {
	for last, quiet := 0, 0; quiet < 20; quiet++ {
		e.mu.Lock()
		now := len(e.got)
		e.mu.Unlock()
		if now >= want {
			break
		}
		if now != last {
			last, quiet = now, 0
		}
		time.Sleep(100 * time.Millisecond)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

func inOrder(got []heard) bool {
	for i, h := range got {
		if h.n != i {
			return false
		}
	}
	return true
}

// spread is the median, the 99th percentile and the largest of some durations.
func spread(d []time.Duration) string {
	d = slices.Clone(d)
	slices.Sort(d)
	at := func(part float64) time.Duration { return d[int(part*float64(len(d)-1))].Round(10 * time.Microsecond) }
	return fmt.Sprintf("%v/%v/%v", at(0.5), at(0.99), at(1))
}

// pahoLoop publishes lines of JSON with paho, as scripts that people write do.
const pahoLoop = `
import json, sys, time
import paho.mqtt.client as mqtt
try:
    c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1)
except AttributeError:
    c = mqtt.Client()
c.max_inflight_messages_set(100)
c.max_queued_messages_set(0)
c.connect("127.0.0.1", int(sys.argv[1]))
c.loop_start()
last = None
for line in open(sys.argv[2]):
    m = json.loads(line)
    last = c.publish(m["topic"], m["payload"], m["qos"], m["retain"])
last.wait_for_publish()
c.loop_stop()
`

// pythonLoop measures how fast the loop of paho is, at the same subscriber.
func pythonLoop() (string, error) {
	r := &liveRun{}
	var err error
	if r.dir, err = os.MkdirTemp("", "hubtape-bench-*"); err != nil {
		return "", err
	}
	defer os.RemoveAll(r.dir)
	defer r.kill()
	if err := r.startBroker(); err != nil {
		return "", err
	}
	lines := filepath.Join(r.dir, "play.jsonl")
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for n := range playMessages {
		payload := fmt.Sprintf(`{"n":%d,"temperature":%d.5,"linkquality":120,"battery":97,"last_seen":"2026-01-10T17:00:00Z"}`, n, n%30)
		if err := e.Encode(map[string]any{"topic": "play/" + deviceTopics[n%50], "payload": payload, "qos": 1, "retain": false}); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(lines, b.Bytes(), 0o600); err != nil {
		return "", err
	}
	ear, err := listen(r.port)
	if err != nil {
		return "", err
	}
	defer ear.Close()
	loop := exec.Command("/usr/bin/python3", "-c", pahoLoop, strconv.Itoa(r.port), lines)
	if out, err := loop.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	got := ear.wait(playMessages)
	if len(got) < 2 {
		return "", errors.New("nothing was heard")
	}
	order := "in order"
	if !inOrder(got) {
		order = fmt.Sprintf("%d of %d, out of order", len(got), playMessages)
	}
	rate := float64(len(got)) / got[len(got)-1].when.Sub(got[0].when).Seconds()
	return fmt.Sprintf("a loop of paho in Python: %.0f msg/s, %s", rate, order), nil
}
