package format

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonStream reads a JSON document of any length piece by piece, and knows at
// which line it is.
type jsonStream struct {
	*common
	in     *lineCounter
	dec    *json.Decoder
	broken bool
	line   int // where the last piece began
}

// nestedMax is how deep a value that is passed over may be; the decoder itself
// refuses more than 10,000 levels in a value that is read.
const nestedMax = 1000

var errNested = errors.New("values are nested too deep")

func newJSONStream(r io.Reader, c *common) *jsonStream {
	in := &lineCounter{in: r, line: 1}
	return &jsonStream{common: c, in: in, dec: json.NewDecoder(in)}
}

func (s *jsonStream) began() int { return s.line }

// mark notes where a piece begins, or the comma before it.
func (s *jsonStream) mark() {
	s.dec.More() // passes over white space
	s.line = s.in.lineAt(s.dec.InputOffset())
}

// fail says why the document cannot be read further, once; then it has ended.
func (s *jsonStream) fail(err error) error {
	var syntax *json.SyntaxError
	switch {
	case s.broken:
		return io.EOF
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the file ends in the middle")
	case errors.As(err, &syntax):
		err = fmt.Errorf("it is not JSON, and nothing after it can be read: %w", err)
	case errors.Is(err, errLineLong) || errors.Is(err, errNested) || errors.Is(err, errNoList):
	default:
		return err
	}
	s.broken = true
	return s.bad(s.line, err)
}

// value returns the next value whole.
func (s *jsonStream) value() (json.RawMessage, error) {
	s.mark()
	var raw json.RawMessage
	err := s.dec.Decode(&raw)
	if err == nil {
		s.line = s.in.lineAt(s.dec.InputOffset()) - bytes.Count(raw, []byte{'\n'})
	}
	return raw, err
}

// token returns the next token.
func (s *jsonStream) token() (json.Token, error) {
	s.mark()
	return s.dec.Token()
}

// skip passes over the next value.
func (s *jsonStream) skip() error {
	for depth := 0; ; {
		t, err := s.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			if depth++; depth > nestedMax {
				return errNested
			}
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

var errNoList = errors.New("it is no list of objects")

// want passes over a bracket.
func (s *jsonStream) want(d json.Delim) error {
	t, err := s.token()
	if err == nil && t != d {
		err = errNoList
	}
	return err
}

// lineCounter remembers where the lines end that have been read but not yet
// been counted.
type lineCounter struct {
	in    io.Reader
	begun bool
	read  int64 // bytes
	last  int64 // the offset that was asked for last
	ends  []int64
	line  int // at that offset, from 1
}

func (c *lineCounter) Read(p []byte) (int, error) {
	if !c.begun {
		c.begun = true
		in := bufio.NewReaderSize(c.in, 64<<10)
		if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
			_, _ = in.Discard(len(byteOrderMark))
		}
		c.in = in
	}
	if c.read-c.last > int64(lineMax) {
		return 0, errLineLong
	}
	n, err := c.in.Read(p)
	for i := 0; i < n; i++ {
		k := bytes.IndexByte(p[i:n], '\n')
		if k < 0 {
			break
		}
		i += k
		c.ends = append(c.ends, c.read+int64(i))
	}
	c.read += int64(n)
	return n, err
}

// lineAt returns the line of an offset, which must not be below that of the call
// before.
func (c *lineCounter) lineAt(at int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < at {
		n++
	}
	c.ends = append(c.ends[:0], c.ends[n:]...)
	c.line += n
	c.last = at
	return c.line
}

// topKeys returns the keys of the objects in a JSON list, as far as the head of
// the file goes.
func topKeys(head []byte) map[string]bool {
	keys := map[string]bool{}
	if len(head) == 0 || head[0] != '[' {
		return keys
	}
	s := newJSONStream(bytes.NewReader(head), &common{})
	if s.want('[') != nil {
		return keys
	}
	for s.want('{') == nil {
		for s.dec.More() {
			t, err := s.token()
			key, isKey := t.(string)
			if err != nil || !isKey {
				return keys
			}
			keys[key] = true
			if s.skip() != nil {
				return keys
			}
		}
		if s.want('}') != nil {
			break
		}
	}
	return keys
}
