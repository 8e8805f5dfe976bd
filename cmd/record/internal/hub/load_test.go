package hub_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// How TestScale tells its other process what to do.
const (
	loadAddress = "HUBTAPE_TEST_LOAD_ADDRESS"
	loadIdle    = "HUBTAPE_TEST_LOAD_IDLE"
	loadBusy    = "HUBTAPE_TEST_LOAD_BUSY"
	loadEach    = "HUBTAPE_TEST_LOAD_EACH" // messages of each busy one, 20 a second
)

const (
	loadPace     = 50 * time.Millisecond
	loadAtOnce   = 64 // connects
	loadPayload  = 100
	loadPatience = 10 * time.Minute // of the whole
)

// loadReport is what the other process says after each step.
type loadReport struct {
	Connected      int
	ConnectSeconds float64
	Sent           int64
	Acked          int64
	Received       int64
	OutOfOrder     int64
	Error          string
}

// load is many devices in one process, each a few bytes of raw MQTT 3.1.1: some
// only hold their connection, and the busy ones publish to their neighbour. After
// each step it writes a report, and waits for a line.
func load(address string) int {
	number := func(name string) int { n, _ := strconv.Atoi(os.Getenv(name)); return n }
	in, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	var r loadReport
	step := func(do func() error) bool {
		if err := do(); err != nil {
			r.Error = err.Error()
		}
		_ = out.Encode(r)
		_, err := in.ReadString('\n')
		return r.Error == "" && err == nil
	}
	var idle, busy []net.Conn
	_ = step(func() (err error) {
		idle, err = connectAll(address, "idle", number(loadIdle), &r)
		return err
	}) && step(func() (err error) {
		busy, err = connectAll(address, "busy", number(loadBusy), &r)
		return err
	}) && step(func() error { return converse(busy, number(loadEach), &r) })
	for _, c := range append(idle, busy...) {
		_, _ = c.Write([]byte{0xe0, 0})
		_ = c.Close()
	}
	return 0
}

func connectAll(address, name string, n int, r *loadReport) ([]net.Conn, error) {
	began := time.Now()
	conns := make([]net.Conn, n)
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	var next atomic.Int64
	for range loadAtOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				c, err := connect(address, fmt.Sprintf("%s-%05d", name, i))
				if err != nil {
					failed.Store(&err)
					return
				}
				conns[i] = c
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	r.Connected += n
	r.ConnectSeconds = time.Since(began).Seconds()
	return conns, nil
}

func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

func packet(first byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...) // MQTT's lengths are uvarints
}

// connect says CONNECT with a keepalive of 10 min, and hears the CONNACK.
func connect(address, id string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(loadPatience)); err != nil {
		return nil, err
	}
	body := append(text(nil, "MQTT"), 4, 2, 2, 88)
	if _, err := c.Write(packet(0x10, text(body, id))); err != nil {
		return nil, err
	}
	var ack [4]byte
	if _, err := io.ReadFull(c, ack[:]); err != nil {
		return nil, err
	}
	if ack != [4]byte{0x20, 2, 0, 0} {
		return nil, fmt.Errorf("the CONNACK is %x", ack)
	}
	return c, nil
}

// talker is one busy device.
type talker struct {
	c        net.Conn
	mu       sync.Mutex // of writes
	each     int
	acked    int
	received int
	jumbled  int
	ready    chan struct{} // the SUBACK has come
	done     chan error    // everything was acknowledged, and came
}

func converse(conns []net.Conn, each int, r *loadReport) error {
	talkers := make([]*talker, len(conns))
	for i, c := range conns {
		t := &talker{c: c, each: each, ready: make(chan struct{}), done: make(chan error, 1)}
		talkers[i] = t
		go func() { t.done <- t.read() }()
		body := text([]byte{0, 1}, fmt.Sprintf("load/%d", (i+1)%len(conns)))
		if err := t.write(packet(0x82, append(body, 1))); err != nil {
			return err
		}
	}
	for _, t := range talkers {
		<-t.ready
	}
	tick := time.NewTicker(loadPace)
	defer tick.Stop()
	for n := range each {
		<-tick.C
		for i, t := range talkers {
			body := binary.BigEndian.AppendUint16(text(nil, fmt.Sprintf("load/%d", i)), uint16(n%60000+1))
			payload := make([]byte, loadPayload)
			binary.BigEndian.PutUint64(payload, uint64(n))
			if err := t.write(packet(0x32, append(body, payload...))); err != nil {
				return err
			}
			r.Sent++
		}
	}
	give := time.After(time.Minute)
	var errs []error
	for _, t := range talkers {
		select {
		case err := <-t.done:
			errs = append(errs, err)
		case <-give:
			return fmt.Errorf("after a minute %d of %d were acknowledged and %d came", t.acked, each, t.received)
		}
		r.Acked += int64(t.acked)
		r.Received += int64(t.received)
		r.OutOfOrder += int64(t.jumbled)
	}
	return errors.Join(errs...)
}

func (t *talker) write(p []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := t.c.Write(p)
	return err
}

func (t *talker) read() error {
	in := bufio.NewReader(t.c)
	for t.acked < t.each || t.received < t.each {
		first, err := in.ReadByte()
		if err != nil {
			return err
		}
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return err
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		switch first >> 4 {
		case 9:
			close(t.ready)
		case 4:
			t.acked++
		case 3:
			rest := body[2+binary.BigEndian.Uint16(body):]
			if binary.BigEndian.Uint64(rest[2:]) != uint64(t.received) {
				t.jumbled++
			}
			t.received++
			if err := t.write([]byte{0x40, 2, rest[0], rest[1]}); err != nil {
				return err
			}
		}
	}
	return nil
}
