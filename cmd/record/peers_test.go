//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/hubtape/hubtape/broker/brokertest"
	"github.com/hubtape/hubtape/recorder"
)

// mosquitto starts one that never drops what is queued for a slow client.
func mosquitto(t *testing.T) (address string) {
	t.Helper()
	return brokertest.StartMosquitto(t, "max_queued_messages 0")
}

// record starts the command in a process of its own.
func record(t *testing.T, address, tape string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"record", "run", "--broker", "mqtt://" + address, "-o", tape}, args...)
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func client(t *testing.T, address string) paho.Client {
	t.Helper()
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID("publisher"))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

// onTape reads a copy of a tape that is being recorded, as a kill would leave
// it; nothing while its files are being made. The log is copied first: what is
// sealed meanwhile is then on both.
func onTape(t *testing.T, tape string) []recorder.Record {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.hubtape")
	for _, suffix := range []string{"-log", ""} {
		data, err := os.ReadFile(tape + suffix)
		if errors.Is(err, os.ErrNotExist) || len(data) == 0 {
			return nil
		}
		if err == nil {
			err = os.WriteFile(copied+suffix, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return readTape(t, copied)
}

func readTape(t *testing.T, path string) (rs []recorder.Record) {
	t.Helper()
	tape, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	cursor := tape.Cursor(recorder.Query{Kinds: recorder.MessageKinds()})
	for cursor.Next() {
		rs = append(rs, *cursor.Record())
	}
	if err := cursor.Err(); err != nil {
		t.Fatal(err)
	}
	return rs
}

// await polls, with a limit that only fails a test that hangs.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatalf("waited too long for %s", what)
}

// 10,000 messages of every kind, published to a real broker while record runs,
// are on the tape once each, with the QoS of their delivery and, on MQTT 5, the
// retain flag they were published with.
func TestEveryMessageOnce(t *testing.T) {
	for _, version := range []string{"3.1.1", "5"} {
		t.Run(version, func(t *testing.T) { everyMessageOnce(t, version) })
	}
}

func everyMessageOnce(t *testing.T, version string) {
	address := mosquitto(t)
	tape := filepath.Join(t.TempDir(), "all.hubtape")
	cmd := record(t, address, tape, "--qos", "2", "--mqtt-version", version)
	c := client(t, address)
	publish := func(topic string, qos byte, retained bool, payload []byte) {
		if token := c.Publish(topic, qos, retained, payload); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	await(t, "record to listen", func() bool {
		publish("marker", 1, false, []byte("begin"))
		return len(onTape(t, tape)) > 0
	})
	type said struct {
		topic   string
		payload []byte
		qos     byte
		retain  bool
	}
	const n = 10_000
	draw := rand.New(rand.NewPCG(1, 2))
	var all []said
	for i := range n {
		m := said{topic: fmt.Sprintf("haus/Küche %d/ветер (%d)", i%50, i%7), qos: byte(i % 3), retain: i%10 == 9}
		switch i % 4 {
		case 0: // empty
		case 1: // binary
			m.payload = make([]byte, draw.IntN(300))
			for k := range m.payload {
				m.payload[k] = byte(draw.Uint32())
			}
		default:
			m.payload = fmt.Appendf(nil, `{"n":%d}`, i)
		}
		all = append(all, m)
		publish(m.topic, m.qos, m.retain, m.payload)
	}
	publish("marker", 1, false, []byte("end"))
	await(t, "the last message on the tape", func() bool {
		rs := onTape(t, tape)
		return string(rs[len(rs)-1].Payload) == "end"
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("record: %v\n%s", err, cmd.Stderr)
	}
	// mosquitto does not keep the order of what has to wait for an
	// acknowledgement, so each message is looked for by what it says.
	left := map[string]int{}
	for _, m := range all {
		left[fmt.Sprintf("%s QoS %d retain %v %q", m.topic, m.qos, m.retain && version == "5", m.payload)]++
	}
	got := 0
	for _, r := range readTape(t, tape) {
		if r.Topic == "marker" {
			continue
		}
		got++
		key := fmt.Sprintf("%s QoS %d retain %v %q", r.Topic, r.QoS, r.Retain, r.Payload)
		if left[key]--; left[key] < 0 || r.Kind != recorder.KindMessage {
			t.Fatalf("message %d was not said, or is there once too often: %s %v", got, key, r.Kind)
		}
	}
	if got != n {
		t.Errorf("%d of %d messages are on the tape", got, n)
	}
}

// A recorder that is killed under load leaves a tape that opens and has no hole
// up to where it ends. HUBTAPE_KILLS says how often to try (default 5).
func TestKilledUnderLoad(t *testing.T) {
	address := mosquitto(t)
	kills := 5
	if s := os.Getenv("HUBTAPE_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	c := client(t, address)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() { // about 10,000 msg/s, each with its number
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; {
			for range 50 {
				c.Publish("load/sensor", 0, false, fmt.Appendf(nil, `{"n":%d,"temperature":21.5}`, i))
				i++
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	defer func() {
		close(stop)
		<-ended
	}()
	draw := rand.New(rand.NewPCG(3, 4))
	total := 0
	for k := range kills {
		tape := filepath.Join(t.TempDir(), "killed.hubtape")
		cmd := record(t, address, tape)
		started := time.Now()
		await(t, "the tape", func() bool {
			_, err := os.Stat(tape)
			return err == nil
		})
		life := time.NewTimer(time.Duration(draw.IntN(3000)) * time.Millisecond)
		<-life.C
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		rs := readTape(t, tape)
		for i := 1; i < len(rs); i++ {
			if number(t, rs[i]) != number(t, rs[i-1])+1 {
				t.Fatalf("kill %d: a hole between %s and %s", k, rs[i-1].Payload, rs[i].Payload)
			}
		}
		total += len(rs)
		if lived := time.Since(started); len(rs) == 0 && lived > 5*time.Second {
			t.Errorf("kill %d: nothing on the tape after %v", k, lived)
		}
	}
	t.Logf("%d kills, %d messages on their tapes, no hole", kills, total)
	if total == 0 {
		t.Error("no tape held anything")
	}
}

func number(t *testing.T, r recorder.Record) (n int) {
	t.Helper()
	text, _, _ := strings.Cut(strings.TrimPrefix(string(r.Payload), `{"n":`), ",")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("payload %q: %v", r.Payload, err)
	}
	return n
}
