package recorder

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/cespare/xxhash/v2"
)

// The buckets and keys of a tape.
var (
	bucketMeta   = []byte("meta")
	bucketChunks = []byte("chunks") // segment -> bucket of chunk number -> chunk
	bucketIndex  = []byte("index")  // segment -> what its chunks hold
	bucketTopics = []byte("topics") // number -> topic

	keyTape = []byte("tape")
	keyHead = []byte("head")
)

var errChecksum = errors.New("the checksum does not match")

// number is a key that sorts as the number does.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// checked appends the checksum of key and value to value.
func checked(key, value []byte) []byte {
	return binary.LittleEndian.AppendUint64(value, keyedSum(key, value))
}

// unchecked takes the checksum off again.
func unchecked(key, b []byte) ([]byte, error) {
	if len(b) < 8 {
		return nil, errChecksum
	}
	value, sum := b[:len(b)-8], binary.LittleEndian.Uint64(b[len(b)-8:])
	if sum != keyedSum(key, value) {
		return nil, errChecksum
	}
	return value, nil
}

func keyedSum(key, value []byte) uint64 {
	d := xxhash.New()
	_, _ = d.Write(key)
	_, _ = d.Write(value)
	return d.Sum64()
}

// entry is what the index says of one chunk.
type entry struct {
	chunk    uint64
	segment  uint64
	session  uint32
	firstSeq uint64
	records  uint32
	messages uint32
	bytes    uint64
	firstAt  time.Duration
	lastAt   time.Duration
	gaps     uint32
	kinds    uint16
	bare     bool
	raw      []byte // the raw bytes, when they come from the side log
}

// topicCount is a topic's number and the records of a chunk that have it.
type topicCount struct{ id, records uint32 }

func appendEntry(b []byte, e *entry, topics []topicCount) []byte {
	u := binary.AppendUvarint
	b = u(b, e.chunk)
	b = u(b, uint64(e.session))
	b = u(b, e.firstSeq)
	b = u(b, uint64(e.records))
	b = u(b, uint64(e.messages))
	b = u(b, e.bytes)
	b = u(b, uint64(e.firstAt))
	b = u(b, uint64(e.lastAt-e.firstAt))
	b = u(b, uint64(e.gaps))
	kinds := uint64(e.kinds) << 1
	if e.bare {
		kinds |= 1
	}
	b = u(b, kinds)
	b = u(b, uint64(len(topics)))
	last := uint32(0)
	for _, t := range topics { // ascending
		b = u(b, uint64(t.id-last))
		b = u(b, uint64(t.records))
		last = t.id
	}
	return b
}

// indexReader takes entries off the value of an index segment.
type indexReader struct {
	b   []byte
	bad bool
}

func (r *indexReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// next returns the next entry; each is called for its topics when it is given.
func (r *indexReader) next(each func(topicCount)) (e entry, ok bool) {
	if len(r.b) == 0 || r.bad {
		return e, false
	}
	e.chunk = r.uvarint()
	e.session = uint32(r.uvarint())
	e.firstSeq = r.uvarint()
	e.records, e.messages, e.bytes = uint32(r.uvarint()), uint32(r.uvarint()), r.uvarint()
	e.firstAt = time.Duration(r.uvarint())
	e.lastAt = e.firstAt + time.Duration(r.uvarint())
	e.gaps = uint32(r.uvarint())
	kinds := r.uvarint()
	e.kinds, e.bare = uint16(kinds>>1), kinds&1 != 0
	id := uint32(0)
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		id += uint32(r.uvarint())
		t := topicCount{id: id, records: uint32(r.uvarint())}
		if each != nil && !r.bad {
			each(t)
		}
	}
	return e, !r.bad
}
