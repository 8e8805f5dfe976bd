package format

import (
	"bufio"
	"io"

	"github.com/hubtape/hubtape/recorder"
)

// encoder writes records one after the other and counts what is lost.
type encoder struct {
	losses
	w      *bufio.Writer
	buf    []byte
	header string // written before the first record, or at the end of none
	add    func(b []byte, r *recorder.Record) ([]byte, error)
}

// newEncoder returns an encoder whose add appends one record. It is not asked
// for records that are no messages when cannot begins with traitOther.
func newEncoder(w io.Writer, header string, cannot []trait, add func([]byte, *recorder.Record) ([]byte, error)) *encoder {
	return &encoder{losses: losses{cannot: cannot}, w: bufio.NewWriterSize(w, HeadBytes), header: header, add: add}
}

func (e *encoder) Write(r *recorder.Record) error {
	if err := e.begin(); err != nil {
		return err
	}
	if r.Kind.IsMessage() || e.cannot[0] != traitOther {
		b, err := e.add(e.buf[:0], r)
		if err != nil {
			return err
		}
		e.buf = b
		if _, err := e.w.Write(b); err != nil {
			return err
		}
	}
	e.count(r)
	return nil
}

func (e *encoder) begin() error {
	_, err := e.w.WriteString(e.header)
	e.header = ""
	return err
}

func (e *encoder) Close() error {
	if err := e.begin(); err != nil {
		return err
	}
	return e.w.Flush()
}
