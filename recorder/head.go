package recorder

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// FormatVersion is the version of the format that this package writes, and the
// newest that it reads.
const FormatVersion = 1

// tapeMeta is written once, when the tape is made.
type tapeMeta struct {
	Format  int     `json:"format"`
	ID      string  `json:"id"`
	Start   int64   `json:"start"` // ns since 1970 UTC
	Labels  []Label `json:"labels,omitempty"`
	Program string  `json:"program,omitempty"`
}

// tapeHead counts what is sealed into the tape. Every commit writes it anew.
type tapeHead struct {
	Segments uint64        `json:"segments"`
	Chunks   uint64        `json:"chunks"`
	Records  uint64        `json:"records"`
	Messages uint64        `json:"messages"`
	Bytes    uint64        `json:"bytes"` // of payloads
	Topics   uint64        `json:"topics"`
	Gaps     uint64        `json:"gaps"`
	Session  uint32        `json:"session"` // of the last record
	LastAt   time.Duration `json:"last_at"`
	Clean    bool          `json:"clean"` // closed, so that no side log belongs to it
}

// add counts a chunk.
func (h *tapeHead) add(e *entry) {
	h.Chunks++
	h.Records += uint64(e.records)
	h.Messages += uint64(e.messages)
	h.Bytes += e.bytes
	h.Gaps += uint64(e.gaps)
	h.Session, h.LastAt = e.session, e.lastAt
}

func (m *tapeMeta) tapeID() (id tapeID, err error) {
	b, err := hex.DecodeString(m.ID)
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("the tape's id %q is none", m.ID)
	}
	return tapeID(b), nil
}

func encodeMeta(key []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("recorder: meta cannot be encoded: %v", err)) // plain structs always can
	}
	return checked(key, b)
}

func decodeMeta(key, b []byte, v any) error {
	value, err := unchecked(key, b)
	if err != nil {
		return err
	}
	return json.Unmarshal(value, v)
}
