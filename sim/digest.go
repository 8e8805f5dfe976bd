package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"time"

	"github.com/hubtape/hubtape/broker"
)

// digestVersion begins every digest. It changes when an event is written
// differently, so that old and new digests cannot be taken for each other.
const digestVersion = "hubtape digest 1\n"

// kindStep is the digest's kind for the result of a step, beside the broker's
// kinds.
const kindStep = 100

const digestBuffer = 8 << 10

// digest hashes events as they happen. Each is written as its length and then
// its fields, so that a trace can be read back.
type digest struct {
	sum    hash.Hash
	trace  io.Writer
	line   []byte // the event being written
	buf    []byte // events not hashed yet
	sealed bool
}

func newDigest(trace io.Writer) *digest {
	d := &digest{sum: sha256.New(), trace: trace, buf: make([]byte, 0, digestBuffer)}
	d.buf = append(d.buf, digestVersion...)
	return d
}

// event adds what happened: instant, kind, client, source, and what was said.
// Texts of errors and reasons are left out: they may change with a version.
func (d *digest) event(e *broker.Event) {
	if d.sealed {
		return
	}
	b := append(d.line[:0], byte(e.Kind))
	b = binary.AppendUvarint(b, uint64(e.At))
	b = appendText(b, e.Client)
	b = appendText(b, e.Source)
	b = appendText(b, e.Receiver)
	topic := e.Message.Topic
	if topic == "" {
		topic = e.Filter
	}
	b = appendText(b, topic)
	b = appendText(b, e.Message.Payload)
	b = append(b, max(e.Message.QoS, e.QoS), flags(e.Message.Retain, e.Persistent, e.Present))
	d.line = b
	d.add(b)
}

// step adds the outcome of a waiting step.
func (d *digest) step(at time.Duration, kind string, ok bool) {
	if d.sealed {
		return
	}
	b := append(d.line[:0], kindStep)
	b = binary.AppendUvarint(b, uint64(at))
	b = appendText(b, kind)
	b = append(b, flags(ok))
	d.line = b
	d.add(b)
}

func (d *digest) add(line []byte) {
	if len(d.buf)+len(line)+binary.MaxVarintLen64 > digestBuffer {
		d.flush()
	}
	begin := len(d.buf)
	d.buf = binary.AppendUvarint(d.buf, uint64(len(line)))
	d.buf = append(d.buf, line...)
	if d.trace != nil {
		_, _ = d.trace.Write(d.buf[begin:]) // a SelfCheck keeps its own error
	}
}

func (d *digest) flush() {
	d.sum.Write(d.buf)
	d.buf = d.buf[:0]
}

// seal ends the digest: what happens while the world is torn down is no part
// of the run.
func (d *digest) seal() {
	d.flush()
	d.sealed = true
}

func (d *digest) hex() string {
	d.flush()
	return hex.EncodeToString(d.sum.Sum(nil))
}

func appendText[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func flags(bits ...bool) (b byte) {
	for i, bit := range bits {
		if bit {
			b |= 1 << i
		}
	}
	return b
}
