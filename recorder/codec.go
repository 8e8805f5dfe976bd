package recorder

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// The layout of one record in a chunk's raw bytes; FORMAT.md has it in full.
const (
	headKindMask = 0x0f
	headRetain   = 1 << 4
	headDup      = 1 << 5
	headQoSShift = 6
)

// The bits of a record's second byte.
const (
	hasClient = 1 << iota
	hasWall
	hasProperties
	hasText
	hasUntil
)

const (
	propFormat = 1 << iota
	propExpiry
	propContentType
	propResponseTopic
	propCorrelation
	propUser
)

var errCodec = errors.New("a record cannot be read")

// encoder turns records into a chunk's raw bytes. Strings that come back in a
// chunk are written once.
type encoder struct {
	raw     []byte
	strings map[string]uint32 // to index + 1
	at      time.Duration
	wall    int64
}

func (e *encoder) reset(raw []byte) {
	e.raw, e.at, e.wall = raw[:0], 0, 0
	if e.strings == nil {
		e.strings = make(map[string]uint32)
	}
	clear(e.strings)
}

// append writes a record and returns the number of its topic among the
// chunk's strings, 0 for none.
func (e *encoder) append(r *Record) (topic uint32) {
	head := byte(r.Kind) | r.QoS<<headQoSShift
	if r.Retain {
		head |= headRetain
	}
	if r.Dup {
		head |= headDup
	}
	var has byte
	wall := e.wall // what the last record leads us to expect
	if wall != 0 {
		wall += int64(r.At - e.at)
	}
	if r.Wall != wall {
		has |= hasWall
	}
	if r.Client != "" {
		has |= hasClient
	}
	if r.Properties != nil {
		has |= hasProperties
	}
	if r.Text != "" {
		has |= hasText
	}
	if r.Until != 0 {
		has |= hasUntil
	}
	b := append(e.raw, head, has)
	b = binary.AppendUvarint(b, uint64(r.At-e.at))
	if has&hasWall != 0 {
		b = binary.AppendVarint(b, r.Wall-wall)
	}
	e.at, e.wall = r.At, r.Wall
	b, topic = e.str(b, r.Topic)
	if has&hasClient != 0 {
		b, _ = e.str(b, r.Client)
	}
	b = appendBytes(b, r.Payload)
	if has&hasProperties != 0 {
		b = appendProperties(b, r.Properties)
	}
	if has&hasText != 0 {
		b = appendBytes(b, r.Text)
	}
	if has&hasUntil != 0 {
		b = binary.AppendVarint(b, int64(r.Until))
	}
	e.raw = b
	return topic
}

// str writes 0 for "", else the string's number in the chunk; a new number is
// followed by the string itself.
func (e *encoder) str(b []byte, s string) ([]byte, uint32) {
	if s == "" {
		return append(b, 0), 0
	}
	if n, ok := e.strings[s]; ok {
		return binary.AppendUvarint(b, uint64(n)), n
	}
	n := uint32(len(e.strings) + 1)
	e.strings[s] = n
	b = binary.AppendUvarint(b, uint64(n))
	return appendBytes(b, s), n
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendProperties(b []byte, p *mqtt.Properties) []byte {
	at := len(b)
	b = append(b, 0)
	var has byte
	if p.PayloadFormat != nil {
		has |= propFormat
		b = append(b, *p.PayloadFormat)
	}
	if p.ExpirySeconds != nil {
		has |= propExpiry
		b = binary.AppendUvarint(b, uint64(*p.ExpirySeconds))
	}
	if p.ContentType != "" {
		has |= propContentType
		b = appendBytes(b, p.ContentType)
	}
	if p.ResponseTopic != "" {
		has |= propResponseTopic
		b = appendBytes(b, p.ResponseTopic)
	}
	if len(p.CorrelationData) > 0 {
		has |= propCorrelation
		b = appendBytes(b, p.CorrelationData)
	}
	if len(p.User) > 0 {
		has |= propUser
		b = binary.AppendUvarint(b, uint64(len(p.User)))
		for _, u := range p.User {
			b = appendBytes(b, u.Key)
			b = appendBytes(b, u.Value)
		}
	}
	b[at] = has
	return b
}
