package recorder

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Returned, wrapped with the path, by [Create] and [Open].
var (
	// ErrExists: there is a file where the tape should go; a tape never
	// overwrites one.
	ErrExists = errors.New("file exists")
	// ErrNotTape: the file is something else.
	ErrNotTape = errors.New("not a tape")
	// ErrLocked: a recorder is writing this tape now.
	ErrLocked = errors.New("tape is being recorded")
	// ErrVersion: a newer hubtape wrote this tape.
	ErrVersion = errors.New("tape has a newer format")
)

// Returned by [Writer.Append], wrapped with the record's position.
var (
	// ErrTimeBack: At or Session is lower than in the record before.
	ErrTimeBack = errors.New("record steps back in time")
	// ErrRecord: a field has a value that a tape cannot hold.
	ErrRecord = errors.New("bad record")
)

// ErrClosed is returned by what is called after Close.
var ErrClosed = errors.New("tape is closed")

// NoChunk is the [DamageError] chunk number of damage outside of all chunks.
const NoChunk = -1

// DamageError tells of bytes on a tape that are not what was written.
type DamageError struct {
	Path   string
	Chunk  int    // number of the chunk, from 0; NoChunk: the frame around the chunks
	First  uint64 // the first record that is lost with it, when Chunk is given or Lost is not 0
	Lost   uint64 // records lost; 0: not known
	From   time.Duration
	Until  time.Duration // the stretch of the tape it covers, when Chunk is given
	Reason string
	Hint   string // what to do
}

// Error says what is damaged, where, and what to do.
func (e *DamageError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: damaged", e.Path)
	if e.Chunk >= 0 {
		fmt.Fprintf(&b, " in chunk %d", e.Chunk)
	}
	if e.Lost > 0 {
		fmt.Fprintf(&b, " (records %d to %d, %v to %v)", e.First, e.First+e.Lost-1, e.From, e.Until)
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

const hintSalvage = "`record salvage` copies what is whole"

func damaged(path, format string, args ...any) *DamageError {
	return &DamageError{Path: path, Chunk: NoChunk, Reason: fmt.Sprintf(format, args...), Hint: hintSalvage}
}
