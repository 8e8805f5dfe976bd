package draft

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/tidwall/gjson"
)

// topic is what a tape has on one topic.
type topic struct {
	name    string
	count   int     // messages that are played: all but the snapshot at the tape's head
	said    int     // messages, without any snapshot
	changes int     // messages whose payload is not that of the one before
	first   message // the first that is no snapshot
	start   []byte  // the first payload there is
	last    []byte  // the latest payload
	turns   turns   // how its state changes
	method  bool    // one is a JSON object with a method: a remote call
}

// message is a message and its place on the tape.
type message struct {
	seq     int
	at      time.Duration
	payload []byte
}

// survey is what there is on a tape.
type survey struct {
	topics   []*topic // in the order they first come
	byName   map[string]*topic
	messages int
	length   time.Duration
	start    time.Time     // the date of its beginning; zero: not known
	until    time.Duration // where a scenario stops to play it; 0: at its end
	head     bool          // nothing that is played has come before the snapshot
}

// ErrExtension: a scenario cannot name a tape with such a file name.
var ErrExtension = errors.New("a tape is a .hubtape or .jsonl file; turn other recordings into one with `record import`")

// readTape calls visit with every message of a tape, in order, until it returns
// false. The payload is valid only during the call.
func readTape(path string, visit func(r *recorder.Record) bool) error {
	switch filepath.Ext(path) {
	case ".hubtape":
		return readBinary(path, visit)
	case ".jsonl":
		return readLines(path, visit)
	}
	return fmt.Errorf("%s: %w", path, ErrExtension)
}

func readBinary(path string, visit func(r *recorder.Record) bool) (err error) {
	tape, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tape.Close()) }()
	if damage := tape.Info().Damage; damage != nil {
		return damage
	}
	c := tape.Cursor(recorder.Query{Kinds: recorder.MessageKinds(), Transient: true})
	for c.Next() {
		if !visit(c.Record()) {
			return nil
		}
	}
	return c.Err()
}

func readLines(path string, visit func(r *recorder.Record) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, format.HeadBytes)
	head, err := in.Peek(format.HeadBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f, err := format.Detect(head)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d := f.NewDecoder(in, format.Options{File: path})
	for {
		var r recorder.Record
		if err := d.Next(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if r.Kind.IsMessage() && !visit(&r) {
			return nil
		}
	}
}

func newSurvey() *survey { return &survey{byName: map[string]*topic{}, head: true} }

// maxMessages is how much of a tape is looked at and played: what a scenario is
// written from is run several times.
const maxMessages = 200_000

// take reads a tape, up to a whole second if it has more than most messages.
func take(path string, most int) (*survey, error) {
	s := newSurvey()
	n := 0
	err := readTape(path, func(r *recorder.Record) bool {
		if n++; n > most {
			s.until = r.At.Truncate(time.Second)
		}
		return n <= most
	})
	if err != nil {
		return nil, err
	}
	return s, s.read(path, func(r *recorder.Record) { s.add(r) })
}

// read calls visit with every message up to where the tape is played.
func (s *survey) read(path string, visit func(r *recorder.Record)) error {
	return readTape(path, func(r *recorder.Record) bool {
		played := s.until == 0 || r.At <= s.until
		if played {
			visit(r)
		}
		return played
	})
}

func (s *survey) add(r *recorder.Record) {
	t := s.byName[r.Topic]
	if t == nil {
		t = &topic{name: strings.Clone(r.Topic), start: slices.Clone(r.Payload)}
		s.byName[t.name] = t
		s.topics = append(s.topics, t)
	}
	s.messages++
	s.length = max(s.length, r.At)
	t.look(r.Payload)
	t.turns.add(message{s.messages, r.At, r.Payload}, r.Kind == recorder.KindSnapshot)
	if r.Kind != recorder.KindSnapshot {
		t.said++
		s.head = s.head && (isLog(t.name) || isBrokers(t.name)) // these are not played
	} else if s.head {
		return
	}
	if t.count++; t.count == 1 {
		t.first = message{s.messages, r.At, slices.Clone(r.Payload)}
	}
	if t.count == 1 || !bytes.Equal(t.last, r.Payload) {
		t.changes++
		t.last = append(t.last[:0], r.Payload...)
	}
}

// isBrokers reports whether a topic is a broker's own.
func isBrokers(topic string) bool { return strings.HasPrefix(topic, "$") }

// look finds remote calls.
func (t *topic) look(payload []byte) {
	if len(payload) == 0 || payload[0] != '{' || t.method || !strings.HasSuffix(t.name, "rpc") {
		return
	}
	t.method = gjson.GetBytes(payload, "method").Exists()
}
