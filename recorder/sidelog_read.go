package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/zstd"
)

// logTail is what a side log holds beyond its tape.
type logTail struct {
	chunks []logChunk
	torn   int64 // bytes of a last frame that was being written when the recorder ended
	bad    error // why reading ended before the end; nil: it did not
}

// logChunk is a chunk as far as the log has it.
type logChunk struct {
	number   uint64
	session  uint32
	firstSeq uint64
	records  uint32
	raw      []byte
}

// readLog reads the side log of a tape that has base chunks and seq records. It
// keeps all that is whole. A frame that ends with the file is the normal trace
// of a kill; anything else that does not fit is an error in bad.
func readLog(path string, id tapeID, base, seq uint64) logTail {
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return logTail{bad: fmt.Errorf("its side log is not beside it, though the recorder did not close the tape: %s", path)}
	case err != nil:
		return logTail{bad: fmt.Errorf("its side log cannot be read: %w", err)}
	}
	return parseLog(b, id, base, seq)
}

func parseLog(b []byte, id tapeID, base, seq uint64) logTail {
	if len(b) < logHeaderBytes {
		return logTail{torn: int64(len(b))} // killed while the log was begun anew: the tape has everything
	}
	h, err := parseLogHeader(b)
	switch {
	case err != nil && allZero(b):
		return logTail{torn: int64(len(b))} // a power cut after the file had grown
	case err != nil:
		return logTail{bad: err}
	case h.id != id:
		return logTail{bad: errors.New("its side log belongs to another tape")}
	case h.base > base || h.seq > seq:
		return logTail{bad: fmt.Errorf("records %d to %d are neither in it nor in its side log", seq, h.seq-1)}
	}
	return newLogReader(b, h, base).all()
}

// salvageLog reads what is whole in a side log, whatever its tape has. Without
// an id the log's own is taken.
func salvageLog(path string, id tapeID) logTail {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < logHeaderBytes {
		return logTail{}
	}
	h, err := parseLogHeader(b)
	if err != nil || (id != tapeID{} && h.id != id) {
		return logTail{}
	}
	return newLogReader(b, h, 0).all()
}

func newLogReader(b []byte, h logHeader, base uint64) *logReader {
	return &logReader{b: b[logHeaderBytes:], sum: h.sum(), base: base, seq: h.seq, chunk: h.base}
}

func parseLogHeader(b []byte) (h logHeader, err error) {
	le := leUint64
	if string(b[:8]) != logMagic || le(b[logHeaderBytes-8:]) != xxhash.Sum64(b[:logHeaderBytes-8]) {
		return h, errors.New("the first bytes of its side log are damaged")
	}
	copy(h.id[:], b[8:])
	h.base, h.seq = le(b[24:]), le(b[32:])
	return h, nil
}

// logReader takes the frames off a log.
type logReader struct {
	b     []byte // from the next frame on
	sum   uint64
	base  uint64 // chunks below are on the tape
	seq   uint64 // of the next record
	chunk uint64 // the chunk of the frame before
	cur   *logChunk
	z     bytes.Buffer // compressed bytes of the frames, as one stream
	dec   *zstd.Decoder
	out   logTail
}

func (r *logReader) all() logTail {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(logWindow))
	if err != nil {
		r.out.bad = err
		return r.out
	}
	defer dec.Close()
	r.dec = dec
	for first := true; len(r.b) > 0; first = false {
		f, data, ok := r.frame()
		if !ok {
			break
		}
		if err := r.take(f, data, first); err != nil {
			r.out.bad = fmt.Errorf("its side log is damaged at record %d: %w", r.seq, err)
			break
		}
	}
	r.close()
	return r.out
}

// frame returns the next whole frame. When there is none it has said why.
func (r *logReader) frame() (f logFrame, data []byte, ok bool) {
	if len(r.b) < logFrameBytes || allZero(r.b) {
		r.out.torn = int64(len(r.b))
		return f, nil, false
	}
	f, ok = parseLogFrame(r.b, r.sum)
	if !ok {
		r.out.bad = fmt.Errorf("its side log is damaged at record %d: the checksum of a step does not match", r.seq)
		return f, nil, false
	}
	if uint64(f.dataLen) > uint64(len(r.b)-logFrameBytes) {
		r.out.torn = int64(len(r.b))
		return f, nil, false
	}
	data = r.b[logFrameBytes:][:f.dataLen]
	r.b = r.b[logFrameBytes+int(f.dataLen):]
	if xxhash.Sum64(data) == f.dataHash {
		return f, data, true
	}
	if len(r.b) == 0 && allZero(data[len(data)/2:]) { // a power cut: the file had grown, the bytes had not come
		r.out.torn = int64(logFrameBytes + len(data))
		return f, nil, false
	}
	r.out.bad = fmt.Errorf("its side log is damaged at record %d: the checksum of its bytes does not match", r.seq)
	return f, nil, false
}

func (r *logReader) take(f logFrame, data []byte, first bool) error {
	if f.seq != r.seq || f.chunk < r.chunk {
		return fmt.Errorf("a step is missing before record %d", f.seq)
	}
	r.z.Write(data)
	if first {
		// Hidden in a struct: the decoder takes a bytes.Buffer whole at once.
		if err := r.dec.Reset(struct{ io.Reader }{&r.z}); err != nil {
			return err
		}
	}
	raw := make([]byte, 0, min(uint64(f.rawLen), uint64(f.dataLen)*zstdRatioMax+1024))
	raw, err := readN(r.dec, raw, int64(f.rawLen))
	if err != nil {
		return fmt.Errorf("its bytes cannot be unpacked: %w", err)
	}
	r.seq += uint64(f.records)
	if f.chunk != r.chunk || r.cur == nil {
		r.close()
		if f.rawOff != 0 {
			return fmt.Errorf("the beginning of chunk %d is missing", f.chunk)
		}
		r.chunk = f.chunk
		r.cur = &logChunk{number: f.chunk, session: f.session, firstSeq: f.seq}
	}
	if int(f.rawOff) != len(r.cur.raw) {
		return fmt.Errorf("a part of chunk %d is missing", f.chunk)
	}
	r.cur.raw = append(r.cur.raw, raw...)
	r.cur.records += f.records
	return nil
}

// close keeps the current chunk, unless the tape has it.
func (r *logReader) close() {
	if r.cur != nil && r.cur.number >= r.base {
		r.out.chunks = append(r.out.chunks, *r.cur)
	}
	r.cur = nil
}

func readN(r io.Reader, b []byte, n int64) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	_, err := io.CopyN(buf, r, n)
	return buf.Bytes(), err
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
