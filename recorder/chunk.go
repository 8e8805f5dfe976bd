package recorder

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// chunkMagic begins every chunk, so that a salvage finds it in the raw file.
const chunkMagic = "HTCHUNK\x01"

const (
	chunkHeaderBytes = 8 + 16 + 4 + 8 + 8 + 4 + 4 + 8 + 8 + 8 + 8 + 1 + 4 + 4 + 8 + 8

	codecRaw  = 0
	codecZstd = 1
)

// tapeID tells the chunks and the side log of one tape from those of another.
type tapeID [16]byte

// chunkHeader describes a chunk. All of it is written in front of the data.
type chunkHeader struct {
	id       tapeID
	session  uint32
	number   uint64 // from 0, without holes
	firstSeq uint64
	records  uint32
	messages uint32 // records that carry an application message
	bytes    uint64 // of their payloads
	firstAt  time.Duration
	lastAt   time.Duration
	start    int64 // the tape's start, ns since 1970 UTC
	codec    byte
	rawLen   uint32
	dataLen  uint32
	rawHash  uint64 // xxhash64 of the raw bytes
}

func (h *chunkHeader) append(b []byte) []byte {
	at := len(b)
	le := binary.LittleEndian
	b = append(b, chunkMagic...)
	b = append(b, h.id[:]...)
	b = le.AppendUint32(b, h.session)
	b = le.AppendUint64(b, h.number)
	b = le.AppendUint64(b, h.firstSeq)
	b = le.AppendUint32(b, h.records)
	b = le.AppendUint32(b, h.messages)
	b = le.AppendUint64(b, h.bytes)
	b = le.AppendUint64(b, uint64(h.firstAt))
	b = le.AppendUint64(b, uint64(h.lastAt))
	b = le.AppendUint64(b, uint64(h.start))
	b = append(b, h.codec)
	b = le.AppendUint32(b, h.rawLen)
	b = le.AppendUint32(b, h.dataLen)
	b = le.AppendUint64(b, h.rawHash)
	return le.AppendUint64(b, xxhash.Sum64(b[at:]))
}

// parseChunkHeader reads a header and checks its own hash.
func parseChunkHeader(b []byte) (h chunkHeader, err error) {
	if len(b) < chunkHeaderBytes || string(b[:8]) != chunkMagic {
		return h, fmt.Errorf("there is no chunk")
	}
	le := binary.LittleEndian
	if le.Uint64(b[chunkHeaderBytes-8:]) != xxhash.Sum64(b[:chunkHeaderBytes-8]) {
		return h, fmt.Errorf("the checksum of its header does not match")
	}
	b = b[8:]
	copy(h.id[:], b)
	b = b[16:]
	u32 := func() uint32 { v := le.Uint32(b); b = b[4:]; return v }
	u64 := func() uint64 { v := le.Uint64(b); b = b[8:]; return v }
	h.session, h.number, h.firstSeq, h.records, h.messages, h.bytes = u32(), u64(), u64(), u32(), u32(), u64()
	h.firstAt, h.lastAt, h.start = time.Duration(u64()), time.Duration(u64()), int64(u64())
	h.codec, b = b[0], b[1:]
	h.rawLen, h.dataLen, h.rawHash = u32(), u32(), u64()
	return h, nil
}

// unpack returns the raw bytes of a chunk, after checking them. They are put
// into spare if they fit, else into memory of their own.
func (h *chunkHeader) unpack(dec *zstd.Decoder, data, spare []byte) (raw []byte, err error) {
	if uint64(len(data)) != uint64(h.dataLen) {
		return nil, fmt.Errorf("it has %d bytes instead of %d", len(data), h.dataLen)
	}
	switch h.codec {
	case codecRaw:
		raw = append(spare[:0], data...)
	case codecZstd:
		// Room for the raw bytes is made only as far as the data could fill it;
		// the decoder is faster when a whole block more would fit.
		room := min(uint64(h.rawLen), uint64(h.dataLen)*zstdRatioMax) + zstdBlock
		if uint64(cap(spare)) < room {
			spare = make([]byte, 0, room)
		}
		raw, err = dec.DecodeAll(data, spare[:0])
	default:
		err = fmt.Errorf("its compression %d is unknown", h.codec)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("it cannot be unpacked: %w", err)
	case uint64(len(raw)) != uint64(h.rawLen):
		return nil, fmt.Errorf("it holds %d raw bytes instead of %d", len(raw), h.rawLen)
	case xxhash.Sum64(raw) != h.rawHash:
		return nil, fmt.Errorf("the checksum of its records does not match")
	}
	return raw, nil
}

// zstdRatioMax is how far the room for a chunk is trusted to its header: the
// best that zstd does on MQTT traffic is far below.
const zstdRatioMax = 1 << 10

// zstdBlock is the largest block of zstd, and some.
const zstdBlock = 128<<10 + 64

// chunk is a chunk that is being filled or waits for its commit.
type chunk struct {
	chunkHeader
	enc    *encoder
	kinds  uint16   // bit k: there is a record of kind k
	bare   bool     // there is a record without a topic
	gaps   uint32   // gap records
	counts []uint32 // records by topic; the index is the topic's number among the chunk's strings
	topics []uint32 // the tape's number of that topic

	logged        int    // raw bytes that the side log has
	loggedRecords uint32 // records that the side log has
	data          []byte // compressed, when it is full
}

func (c *chunk) reset(h chunkHeader) {
	c.chunkHeader = h
	if c.enc == nil {
		c.enc = &encoder{}
	}
	c.enc.reset(c.enc.raw)
	c.kinds, c.bare, c.gaps = 0, false, 0
	c.counts, c.topics = c.counts[:0], c.topics[:0]
	c.logged, c.loggedRecords, c.data = 0, 0, c.data[:0]
}

// append adds a record and reports whether its topic is the first of its kind
// in this chunk; then number is where setTopic puts it.
func (c *chunk) append(r *Record) (number uint32, isNew bool) {
	number = c.enc.append(r)
	if c.records == 0 {
		c.firstAt = r.At
	}
	c.lastAt = r.At
	c.records++
	c.kinds |= 1 << r.Kind
	if r.Kind.IsMessage() {
		c.messages++
		c.bytes += uint64(len(r.Payload))
	}
	if r.Kind == KindGap {
		c.gaps++
	}
	if number == 0 {
		c.bare = true
		return 0, false
	}
	for uint32(len(c.counts)) <= number {
		c.counts, c.topics = append(c.counts, 0), append(c.topics, 0)
	}
	c.counts[number]++
	return number, c.counts[number] == 1
}

func (c *chunk) full(records, size int) bool {
	return int(c.records) >= records || len(c.enc.raw) >= size
}

// seal compresses the chunk. It touches nothing but the chunk.
func (c *chunk) seal(z *zstd.Encoder) {
	raw := c.enc.raw
	c.rawLen, c.rawHash = uint32(len(raw)), xxhash.Sum64(raw)
	if cap(c.data) < chunkHeaderBytes+len(raw)/4 {
		c.data = make([]byte, 0, chunkHeaderBytes+len(raw)/3)
	}
	c.data = z.EncodeAll(raw, c.data[:chunkHeaderBytes])
	c.codec = codecZstd
	if len(c.data)-chunkHeaderBytes >= len(raw) {
		c.codec = codecRaw
		c.data = append(c.data[:chunkHeaderBytes], raw...)
	}
	c.dataLen = uint32(len(c.data) - chunkHeaderBytes)
	c.chunkHeader.append(c.data[:0])
}

// rawBytesMax keeps a chunk within its 32-bit lengths: 256 MiB, the most that
// MQTT can carry, and a full chunk before it.
const rawBytesMax = math.MaxInt32
