package recorder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// LogSuffix is what a tape's side log is called after the tape's own name.
const LogSuffix = "-log"

const (
	logMagic       = "HTSIDE\x00\x01"
	logHeaderBytes = 8 + 16 + 8 + 8 + 8
	logFrameBytes  = 4 + 4 + 8 + 4 + 4 + 8 + 4 + 8 + 8
	logWindow      = 1 << 20 // how far back a frame may refer
)

// logHeader begins a side log. base and seq are the first chunk and the first
// record that the tape itself does not have.
type logHeader struct {
	id   tapeID
	base uint64
	seq  uint64
}

func (h *logHeader) append(b []byte) []byte {
	at := len(b)
	b = append(b, logMagic...)
	b = append(b, h.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.base)
	b = binary.LittleEndian.AppendUint64(b, h.seq)
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b[at:]))
}

// sum makes a frame of one stretch of the log invalid in every other.
func (h *logHeader) sum() uint64 { return xxhash.Sum64(h.append(nil)) }

// logFrame is a step of the side log: some more raw bytes of one chunk.
type logFrame struct {
	dataLen  uint32 // compressed bytes after this header
	rawLen   uint32
	chunk    uint64
	rawOff   uint32 // where they go in the chunk
	records  uint32 // whole records in them
	seq      uint64 // of the first
	session  uint32
	dataHash uint64 // of the compressed bytes
}

func (f *logFrame) append(b []byte, log uint64) []byte {
	at := len(b)
	le := binary.LittleEndian
	b = le.AppendUint32(b, f.dataLen)
	b = le.AppendUint32(b, f.rawLen)
	b = le.AppendUint64(b, f.chunk)
	b = le.AppendUint32(b, f.rawOff)
	b = le.AppendUint32(b, f.records)
	b = le.AppendUint64(b, f.seq)
	b = le.AppendUint32(b, f.session)
	b = le.AppendUint64(b, f.dataHash)
	return le.AppendUint64(b, xxhash.Sum64(b[at:])^log)
}

func parseLogFrame(b []byte, log uint64) (f logFrame, ok bool) {
	le := binary.LittleEndian
	if xxhash.Sum64(b[:logFrameBytes-8])^log != le.Uint64(b[logFrameBytes-8:]) {
		return f, false
	}
	return logFrame{
		dataLen: le.Uint32(b), rawLen: le.Uint32(b[4:]), chunk: le.Uint64(b[8:]), rawOff: le.Uint32(b[16:]),
		records: le.Uint32(b[20:]), seq: le.Uint64(b[24:]), session: le.Uint32(b[32:]), dataHash: le.Uint64(b[36:]),
	}, true
}

// logFile is what the side log needs of a file.
type logFile interface {
	Write(b []byte) (int, error)
	Truncate(size int64) error
	Seek(offset int64, whence int) (int64, error)
	Sync() error
	Close() error
}

// sideLog is the writing end. The compressed bytes of all its frames are one
// zstd stream, so a small step still profits from what came before it.
type sideLog struct {
	file  logFile
	path  string
	sum   uint64 // of the header
	size  int64  // bytes that are whole frames
	z     *zstd.Encoder
	zbuf  bytes.Buffer
	frame []byte
	dirty bool // there are bytes that were not synced
	total int64
}

// createLog makes a side log. It never takes over a file: that may be the log of
// a recorder that began at the same moment.
func createLog(path string, open openFunc) (*sideLog, error) {
	f, err := open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: %w, and it may hold the last minutes of a tape that is not beside it; move it away or delete it", path, ErrExists)
	}
	if err != nil {
		return nil, err
	}
	return newLog(f, path)
}

// openLog makes the side log of a tape that is gone on with, or takes over the
// one that a killed recorder left, as it is.
func openLog(path string, open openFunc) (*sideLog, error) {
	f, err := open(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return newLog(f, path)
}

func newLog(f logFile, path string) (l *sideLog, err error) {
	l = &sideLog{file: f, path: path}
	l.z, err = zstd.NewWriter(&l.zbuf, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(logWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("side log: %w", err)
	}
	return l, nil
}

// restart empties the log, after its records were sealed into chunks.
func (l *sideLog) restart(h logHeader) error {
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("side log: %w", err)
	}
	if _, err := l.file.Seek(0, 0); err != nil {
		return fmt.Errorf("side log: %w", err)
	}
	l.zbuf.Reset()
	l.z.Reset(&l.zbuf)
	l.sum, l.size = h.sum(), 0
	return l.write(h.append(l.frame[:0]))
}

// add writes what a chunk has more than at its last add.
func (l *sideLog) add(c *chunk) error {
	raw := c.enc.raw[c.logged:]
	if len(raw) == 0 {
		return nil
	}
	l.zbuf.Reset()
	if _, err := l.z.Write(raw); err != nil {
		return fmt.Errorf("side log: compress: %w", err)
	}
	if err := l.z.Flush(); err != nil {
		return fmt.Errorf("side log: compress: %w", err)
	}
	data := l.zbuf.Bytes()
	f := logFrame{
		dataLen: uint32(len(data)), rawLen: uint32(len(raw)), chunk: c.number, rawOff: uint32(c.logged),
		records: c.records - c.loggedRecords, seq: c.firstSeq + uint64(c.loggedRecords), session: c.session,
		dataHash: xxhash.Sum64(data),
	}
	l.frame = append(f.append(l.frame[:0], l.sum), data...)
	if err := l.write(l.frame); err != nil {
		return err
	}
	c.logged, c.loggedRecords = len(c.enc.raw), c.records
	return nil
}

func (l *sideLog) write(b []byte) error {
	l.dirty = true
	if _, err := l.file.Write(b); err != nil {
		_ = l.file.Truncate(l.size) // a half frame would be told as a torn end
		return fmt.Errorf("side log: %w", err)
	}
	l.size += int64(len(b))
	l.total += int64(len(b))
	return nil
}

func (l *sideLog) sync() error {
	if !l.dirty {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("side log: %w", err)
	}
	l.dirty = false
	return nil
}
