package golden

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// File is a golden file that was read.
type File struct {
	Path     string // as it was given
	messages []Message
}

// FileError is one fault of a golden file.
type FileError struct {
	Path    string
	Line    int // from 1
	Message string
}

// Error is `path:line: message`.
func (e *FileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message) }

// Errors are the faults of a golden file, in the order of its lines.
type Errors []*FileError

// Error is the text of each on a line of its own.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "\n")
}

// faultsMost is how many faults of one file are told: a file with more of them
// is something else.
const faultsMost = 10

// Read reads a golden file. The errors are those of the file system, and
// [Errors].
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads the text of a golden file; path is for messages. The error is an
// [Errors].
func Parse(path string, text []byte) (*File, error) {
	f := &File{Path: path}
	var faults Errors
	number := 0
	var latest time.Duration
	for raw := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		number++
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		m, err := parseLine(raw)
		if err == nil && m.At < latest {
			err = fmt.Errorf("its time, %v, is before the %v of a line above: the lines stand in the order of time", m.At, latest)
		}
		if err != nil {
			if faults = append(faults, &FileError{path, number, err.Error()}); len(faults) == faultsMost {
				break
			}
			continue
		}
		latest = m.At
		m.Line = number
		f.messages = append(f.messages, m)
	}
	if faults != nil {
		return nil, faults
	}
	return f, nil
}

// Empty reports whether there is no message in the file.
func (f *File) Empty() bool { return len(f.messages) == 0 }

// Format writes the messages of a run as the text of a golden file.
func Format(said []Message, o Options) []byte {
	w := newPayloadWriter(o)
	var text []byte
	for i := range said {
		text = w.appendLine(text, &said[i], nil)
	}
	return text
}
