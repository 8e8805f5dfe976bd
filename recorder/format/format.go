package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// Returned, wrapped with what it was, by [Lookup] and [Detect].
var (
	// ErrUnknown: no format has that name.
	ErrUnknown = errors.New("no such format")
	// ErrUndetected: the file is in no format that is known.
	ErrUndetected = errors.New("format not recognised")
	// ErrDirection: the format can only be read, or only be written.
	ErrDirection = errors.New("format cannot be used that way")
)

// Options say how to decode. The zero value is ready to use.
type Options struct {
	// File is the name to put in errors; "": "input".
	File string
	// Lenient skips and counts what cannot be understood; else it is an error.
	Lenient bool
	// Template says how mosquitto_sub -F wrote its lines; "": its JSON, or
	// whichever of the usual templates fits. [CheckTemplate] says what it may
	// hold.
	Template string
	// Base64 reads every payload as base64, for files of mqtt-recorder that were
	// written with --encode_b64: they do not say so themselves.
	Base64 bool
	// Every is the time from one record to the next where the format ha-dump has
	// none; 0: all are at the same time. Negative is taken as 0.
	Every time.Duration
	// Ports are the TCP ports of brokers in packet captures; none: those where
	// MQTT is found.
	Ports []uint16
	// Dedupe keeps one copy of a message that a packet capture has several times,
	// on its way to the broker and to each subscriber.
	Dedupe bool
	// Zone is where times without a zone were written down; nil: UTC.
	Zone *time.Location
}

// Stats say what a decoder met.
type Stats struct {
	Records int // given
	Skipped int // lines that could not be understood, with Lenient
	Held    int // records whose time stepped back and was held at the latest seen
	Cut     int // payloads that the source had cut short (mosquitto: at a NUL)
	// Guessed counts the lines of mosquitto_sub -v whose topic was taken to have
	// spaces in it, where the first space could have been its end.
	Guessed int
	// Missing says what none of the records so far had, as the source does not
	// write it down, such as "times" or "QoS and retain flags"; in a fixed order.
	Missing []string
	// Remarks are other things worth telling, a few words and a number each.
	Remarks []string
	// FirstSkipped says why the first skipped line was; nil: none was.
	FirstSkipped error
}

// Decoder reads records one by one.
type Decoder interface {
	// Next fills r with the next record: everything but Seq. It returns io.EOF
	// at the end, a *LineError for what cannot be understood, or the reader's
	// error. The payload is the caller's to keep.
	Next(r *recorder.Record) error
	// Stats returns what was met so far.
	Stats() Stats
}

// Encoder writes records one by one.
type Encoder interface {
	// Write adds a record; a format that cannot hold its kind leaves it out.
	Write(r *recorder.Record) error
	// Close writes what is still buffered; it does not close the file.
	Close() error
	// Lost returns what the records so far had that the format cannot hold, in a
	// fixed order; nil: nothing.
	Lost() []Loss
}

// Format is a way to write recordings down.
type Format struct {
	Name  string
	About string // a few words for a help text

	// Matches reports whether a file that begins with these bytes (64 KB, or
	// all of it; without byte order mark and leading white space) is in this
	// format. nil: it is never read.
	Matches func(head []byte) bool
	// NewDecoder is nil when the format cannot be read.
	NewDecoder func(r io.Reader, o Options) Decoder
	// NewEncoder is nil when the format cannot be written. info is about the
	// tape that is written out.
	NewEncoder func(w io.Writer, info recorder.Info) Encoder
}

// all lists the formats in the order of help texts. No two match the same file.
var all = []Format{jsonLines, mosquitto, mqttRecorder, mqttx, haDump, pyziggy, gridworks, packetCapture, plainCSV}

// All returns the formats that are known.
func All() []Format { return append([]Format(nil), all...) }

// Names returns the names of the formats that can be read, and of those that
// can be written.
func Names() (read, write []string) {
	for _, f := range all {
		if f.NewDecoder != nil {
			read = append(read, f.Name)
		}
		if f.NewEncoder != nil {
			write = append(write, f.Name)
		}
	}
	return read, write
}

// Lookup returns the format with that name.
func Lookup(name string) (Format, error) {
	names := make([]string, 0, len(all))
	for _, f := range all {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(names, ", "))
}

// HeadBytes is how much of a file [Detect] wants to see.
const HeadBytes = 64 << 10

// Detect returns the format of a file that begins with head.
func Detect(head []byte) (Format, error) {
	head = trimHead(head)
	for _, f := range all {
		if f.Matches != nil && f.Matches(head) {
			return f, nil
		}
	}
	return Format{}, ErrUndetected
}

const byteOrderMark = "\xef\xbb\xbf"

func trimHead(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte(byteOrderMark)), " \t\r\n")
}

// LineError is a line that cannot be understood.
type LineError struct {
	File string
	Line int // from 1; where the record began, when it has several
	Err  error
}

// Error says where and why.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }
