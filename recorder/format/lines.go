package format

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/hubtape/hubtape/recorder"
)

// lineMax is the longest line that is read: a payload of 256 MiB, all escaped. Only
// tests change it.
var lineMax = 1600 << 20

var errLineLong = errors.New("the line is longer than any MQTT message")

// lines reads a text line by line and knows where it is.
type lines struct {
	*common
	in   *bufio.Reader
	at   int    // number of the line last read
	buf  []byte // the line last read
	crlf bool   // the first line ended with CR LF

	back []byte // lines that are read once more …
	done int    // … from here
}

func newLines(r io.Reader, c *common) *lines {
	return &lines{common: c, in: bufio.NewReaderSize(r, HeadBytes)}
}

// linesOf reads the head of a file.
func linesOf(head []byte) *lines {
	return &lines{common: &common{}, in: bufio.NewReaderSize(bytes.NewReader(head), min(len(head), 4<<10))}
}

func (l *lines) began() int { return l.at }

// head returns what the text begins with, without reading it.
func (l *lines) head() ([]byte, error) {
	head, err := l.in.Peek(HeadBytes)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return trimHead(head), err
}

// raw returns the next line with its end, valid until the next read.
func (l *lines) raw() ([]byte, error) {
	l.at++
	if rest := l.back[l.done:]; len(rest) > 0 {
		n := bytes.IndexByte(rest, '\n') + 1
		if n == 0 {
			n = len(rest)
		}
		l.buf = append(l.buf[:0], rest[:n]...)
		l.done += n
		return l.buf, nil
	}
	l.back, l.done = nil, 0
	if err := l.fill(); err != nil {
		return nil, err
	}
	if l.at == 1 {
		l.buf = bytes.TrimPrefix(l.buf, []byte(byteOrderMark))
		l.crlf = bytes.HasSuffix(l.buf, []byte("\r\n"))
	}
	return l.buf, nil
}

func (l *lines) fill() error {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if long = long || len(l.buf)+len(part) > lineMax; !long {
			l.buf = append(l.buf, part...)
		}
		if err == nil || (errors.Is(err, io.EOF) && len(l.buf) > 0) {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	if long {
		return l.bad(l.at, errLineLong)
	}
	return nil
}

// again makes the next read begin at the second line of text, which began at
// the line given: what was taken for the rest of a record was none.
func (l *lines) again(text []byte, began int) {
	_, rest, _ := bytes.Cut(text, []byte{'\n'})
	if l.at = began; len(rest) <= l.done { // they are still there, and may be many
		l.done -= len(rest)
		return
	}
	l.back, l.done = bytes.Clone(rest), 0
}

// ended reports whether all of the text has been read at least once.
func (l *lines) ended() bool {
	_, err := l.in.Peek(1)
	return err != nil
}

// chop takes the end off a line.
func (l *lines) chop(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	if l.crlf {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line
}

// text returns the next line that is not blank, without its end.
func (l *lines) text() ([]byte, error) {
	for {
		line, err := l.raw()
		if err != nil || !blank(line) {
			return l.chop(line), err
		}
	}
}

func blank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// lineSource is a format of one record a line.
type lineSource struct {
	*lines
	parse func(line []byte, r *recorder.Record) (moment, error)
}

func (s *lineSource) next(r *recorder.Record) (moment, error) {
	line, err := s.text()
	if err != nil {
		return moment{}, err
	}
	m, err := s.parse(line, r)
	if err != nil {
		err = s.bad(s.at, err)
	}
	return m, err
}

// mostly reports whether enough lines of a head have what makes a text likely to
// be a list of topics.
func mostly(have, all int) bool { return have > 0 && 3*have >= 2*all }

// headLines returns the lines that a file begins with, without their ends and
// the blank ones. One that may have been cut off is left out, if it is not the
// only one.
func headLines(head []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(head) {
		if line[len(line)-1] != '\n' && len(out) > 0 && len(head) > HeadBytes-1024 {
			break
		}
		if !blank(line) {
			out = append(out, bytes.TrimRight(line, "\r\n"))
		}
	}
	return out
}
