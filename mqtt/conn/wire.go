package conn

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// ackBatch is how many bytes of acknowledgements wait at most to be sent in
	// one write.
	ackBatch = 4 << 10
	// ackWait is how long they wait at most for others when nothing more comes: a
	// busy broker sends its messages one by one, and to answer each by a write of
	// its own would cost both sides more than the messages do.
	ackWait = time.Millisecond
	// keepOut is how large a buffer for sending is kept.
	keepOut = 64 << 10
)

// wire is what both libraries are given for a connection. It stands between them
// and the network:
//
//   - every packet that comes is checked before they see it, so that none of them
//     panics or reads what is not there;
//   - what answers our own PUBLISHes goes to the publisher, and what answers
//     SUBSCRIBEs of 3.1.1 to the questions, not to them;
//   - a PUBLISH of QoS 2 that comes a second time is not shown to them
//     [MQTT-4.3.3-2];
//   - a plain message goes to OnMessage without them;
//   - no more is read than OnMessage keeps up with;
//   - packets are written whole, whoever writes, and acknowledgements of many
//     messages in one.
//
// One goroutine reads. Everything else may be called by any.
type wire struct {
	net.Conn
	version   Version
	in        *bufio.Reader
	whole     int  // bytes of a checked packet that are yet to be handed out
	connected bool // the CONNACK has been seen
	gate      gate
	plain     plain
	held      held
	publisher *publisher
	questions questions
	parts     wire5

	begun     time.Time
	readSince atomic.Int64 // ns from begun that the reader waits for the network; 0: it does not
	wroteAt   atomic.Int64 // ns from begun of the last write

	mu      sync.Mutex // writing
	out     []byte
	unsent  atomic.Bool // there are acknowledgements in out
	acksDue atomic.Bool // and they will be sent soon
	acks    *time.Timer // by it; the reader's alone
	pingDue atomic.Bool // a PINGREQ goes with the next write

	broken atomic.Pointer[error] // why a write failed
	fate   atomic.Pointer[error] // why we ended the connection ourselves
}

func newWire(nc net.Conn, v Version) *wire {
	w := &wire{Conn: nc, version: v, begun: time.Now()}
	w.publisher = newPublisher(w)
	w.questions = questions{asked: map[uint16]question{}}
	w.parts.wire = w
	w.in = bufio.NewReaderSize(inlet{w}, readBuffer)
	w.gate.init()
	w.held.ids = map[uint16]bool{}
	return w
}

// now is in nanoseconds, and never 0.
func (w *wire) now() int64 { return int64(time.Since(w.begun)) + 1 }

// inlet is the network's side of the buffer: it notes that the reader waits, and
// has what was received acknowledged soon.
type inlet struct{ *wire }

func (i inlet) Read(p []byte) (int, error) {
	if i.unsent.Load() {
		i.sendAcksSoon()
	}
	i.readSince.Store(i.now())
	defer i.readSince.Store(0)
	return i.Conn.Read(p)
}

// fail ends the connection for a reason, which is what the reader is told, and
// all whose messages are not acknowledged.
func (w *wire) fail(err error) {
	w.fate.CompareAndSwap(nil, &err)
	_ = w.Close()
	w.publisher.finish(lost(w.why(nil)))
}

// why is the reason of an end: what was given to fail, or else err.
func (w *wire) why(err error) error {
	if fate := w.fate.Load(); fate != nil {
		return *fate
	}
	return err
}

// Close ends the connection. What has been read from it is still shown.
func (w *wire) Close() error {
	w.gate.close()
	return w.Conn.Close()
}

// Read hands out packets that are in order, and the rest of them.
func (w *wire) Read(p []byte) (int, error) {
	for w.whole == 0 {
		if err := w.next(); err != nil {
			w.fail(err) // no further byte makes sense
			return 0, w.why(err)
		}
	}
	n, err := w.in.Read(p[:min(len(p), w.whole)])
	w.whole -= n
	if err != nil {
		err = w.why(err)
	}
	return n, err
}

// next looks at the next packet, and either has it handed out or sees to it.
func (w *wire) next() error {
	f, err := peekFrame(w.in)
	if err != nil {
		return err
	}
	if !w.connected && f.kind != kindConnack {
		return w.notMQTT(f)
	}
	if f.kind == kindPublish {
		return w.nextPublish(f)
	}
	if err := f.check(w.version); err != nil {
		return err
	}
	b, err := w.in.Peek(f.head + f.rest)
	if err != nil {
		return err
	}
	mine, err := w.see(f, b)
	if err != nil {
		return err
	}
	if mine {
		_, err = w.in.Discard(len(b))
		return err
	}
	w.whole = len(b)
	return nil
}

func (w *wire) nextPublish(f frame) error {
	h, err := peekPublish(w.in, f, w.version)
	if err != nil {
		return err
	}
	n := f.head + f.rest
	if h.qos == 2 {
		if again, answered := w.held.receive(h.id); again {
			if answered {
				_ = w.send(kindPubrec<<4, 2, byte(h.id>>8), byte(h.id)) // an error shows where we read
			}
			_, err := w.in.Discard(n)
			return err
		}
	}
	if h.qos < 2 && n <= readBuffer && !w.gate.busy() {
		b, err := w.in.Peek(n)
		if err != nil {
			return err
		}
		if w.plain.take(f, h, b, w.version) {
			if h.qos > 0 {
				w.acknowledge(h.id)
			}
			_, err := w.in.Discard(n)
			return err
		}
	}
	w.gate.enter(n)
	w.whole = n
	return nil
}

// acknowledge answers a message of QoS 1, together with those that have been
// received after it: see sendAcksSoon.
func (w *wire) acknowledge(id uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = append(w.out, kindPuback<<4, 2, byte(id>>8), byte(id))
	w.unsent.Store(true)
	if len(w.out) >= ackBatch {
		_ = w.flush() // an error shows where we read
	}
}

// sendAcksSoon has the acknowledgements that were held back sent after ackWait, or
// at the next write before that.
func (w *wire) sendAcksSoon() {
	switch {
	case w.acksDue.Swap(true): // and those that came since go with them
	case w.acks == nil:
		w.acks = time.AfterFunc(ackWait, func() {
			w.acksDue.Store(false)
			w.sendAcks()
		})
	default:
		w.acks.Reset(ackWait)
	}
}

// sendAcks sends the acknowledgements that were held back.
func (w *wire) sendAcks() {
	if !w.unsent.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.out) > 0 {
		_ = w.flush() // an error shows where we read
	}
}

// see looks at a whole packet that is no PUBLISH; mine: it is done with.
func (w *wire) see(f frame, b []byte) (mine bool, err error) {
	body := b[f.head:]
	switch f.kind {
	case kindConnack:
		if w.connected {
			return false, malformed("a second CONNACK")
		}
		w.connected = true
		return false, checkConnack(body, b, w.version)
	case kindPuback, kindPubrec, kindPubcomp:
		return true, w.publisher.answered(f.kind, b, body)
	case kindSuback, kindUnsuback:
		if w.version == V311 {
			return true, w.questions.answered(f.kind, body)
		}
	case kindPubrel:
		id := binary.BigEndian.Uint16(body)
		if !w.held.release(id) {
			return false, malformed("a PUBREL for message %d, which we have not yet taken", id)
		}
	}
	return false, nil
}

// notMQTT says what it is that does not begin with a CONNACK.
func (w *wire) notMQTT(f frame) error {
	first, err := w.in.Peek(2)
	switch {
	case err != nil:
		return err
	case first[0] == 0x15 && first[1] == 3: // an alert of TLS
		return errSpeaksTLS
	case string(first) == "HT":
		return errSpeaksHTTP
	}
	return malformed("the first packet is of kind %d %s, not a CONNACK", f.kind, kindNames[f.kind])
}

// write sends a packet, or holds it back for a moment if it acknowledges a
// message and the next one is being handled. The caller has locked mu, and has
// put the packet at the end of out, from start.
func (w *wire) write(start int) error {
	p := w.out[start:]
	switch kind := p[0] >> 4; kind {
	case kindPubrec:
		w.held.answer(p)
		fallthrough
	case kindPuback:
		w.unsent.Store(true) // before the gate is asked: see messageDone
		if len(w.out) < ackBatch && w.gate.busy() {
			return nil
		}
	}
	return w.flush()
}

func (w *wire) flush() error {
	w.unsent.Store(false)
	if w.pingDue.Swap(false) {
		w.out = append(w.out, 0xc0, 0)
	}
	err := w.unwritable()
	if err == nil {
		_, err = w.Conn.Write(w.out)
	}
	if cap(w.out) > keepOut {
		w.out = nil
	}
	w.out = w.out[:0]
	w.wroteAt.Store(w.now())
	if err == nil {
		return nil
	}
	// The connection is not closed: what the broker has said before it went can
	// still be read, why it went for one, and the end of that is the end.
	err = fmt.Errorf("it does not take what we send: %w", err)
	w.broken.CompareAndSwap(nil, &err)
	return w.unwritable()
}

// unwritable is why nothing can be sent any more; nil: it can.
func (w *wire) unwritable() error {
	if broken := w.broken.Load(); broken != nil {
		return *broken
	}
	return nil
}

// messageDone is called when OnMessage has returned.
func (w *wire) messageDone() {
	if w.gate.leave() {
		w.sendAcks()
	}
}

// send writes a packet of our own.
func (w *wire) send(packet ...byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	start := len(w.out)
	w.out = append(w.out, packet...)
	return w.write(start)
}

// ping sends a PINGREQ. When somebody is writing, who may have to wait for long,
// it goes with what is written, or is still due when they were done already.
func (w *wire) ping() error {
	w.pingDue.Store(true)
	if !w.mu.TryLock() {
		return nil
	}
	defer w.mu.Unlock()
	return w.flush()
}

// wire311 is a wire for the library that writes each packet with one Write.
type wire311 struct{ *wire }

// Write takes every packet: that it could not be sent shows where we read, when
// all that came before has been read.
func (w wire311) Write(p []byte) (int, error) {
	_ = w.send(p...)
	return len(p), nil
}

// wire5 is a wire for the library that writes a packet in several parts, between
// a Lock and an Unlock.
type wire5 struct {
	*wire
	start int // of the packet being written
}

var (
	_ io.Writer   = (*wire5)(nil)
	_ sync.Locker = (*wire5)(nil)
)

func (w *wire5) Lock() {
	w.mu.Lock()
	w.start = len(w.out)
}

// Write is between a Lock and an Unlock.
func (w *wire5) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

// Unlock sends the packet. That it could not shows where we read, and in broken.
func (w *wire5) Unlock() {
	defer w.mu.Unlock()
	if len(w.out) > w.start {
		_ = w.write(w.start)
	}
}
