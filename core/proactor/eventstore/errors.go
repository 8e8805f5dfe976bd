package eventstore

import (
	"errors"
	"fmt"
	"strings"
)

// Why an event is not persisted.
var (
	// ErrID: the id is empty, or longer than IDBytesMax.
	ErrID = fmt.Errorf("an id has 1 to %d bytes", IDBytesMax)
	// ErrEmpty: an event without content. On a disk it would look like damage.
	ErrEmpty = errors.New("the content is empty")
	// ErrTooLarge: the content alone is larger than the store may be.
	ErrTooLarge = errors.New("the content is larger than the whole store may be: raise its limit")
	// ErrTrim: no room could be made; the cause is wrapped beside it.
	ErrTrim = errors.New("older events could not be dropped to make room")
	// ErrDate: there is no later date to name a file by.
	ErrDate = errors.New("the date is after the year 2199: set the clock, and look for files of that time in the store")
	errOp   = errors.New("a change is either OpPersist or OpClear")
)

// What else is told of an event, as an error or as a warning.
var (
	// ErrReplaced: there was an event of this id, and the new one takes its place.
	ErrReplaced = errors.New("there was an event of this id already; it is replaced")
	// ErrUnknown: there is no event of this id.
	ErrUnknown = errors.New("there is no event of this id")
	// ErrMissing: the event's content is no longer where it was stored.
	ErrMissing = errors.New("the stored content is gone")
	// ErrDamaged: what is stored is not what was persisted.
	ErrDamaged = errors.New("the stored content is damaged")
	// ErrForeign: something stands in the store that no store has written.
	ErrForeign = errors.New("it is no event: move it elsewhere")
	// ErrMeta: one of the two pages by which a Bolt file begins is damaged. Its
	// last change may be missing.
	ErrMeta = errors.New("one of the file's two heads is damaged, so its last change may be missing")
)

// Why a store cannot be used.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the event store is closed")
	// ErrLocked: another process has the store open.
	ErrLocked = errors.New("another process has the event store open")
	// ErrOptions: the options make no store.
	ErrOptions = errors.New("event store options")
)

// EventError says which event, and where it is stored, an error or a warning is
// about.
type EventError struct {
	Op   string // "persist", "retrieve", "clear", "drop" or "reindex"
	ID   string // empty when it is not known
	Path string // empty when it is stored nowhere
	Err  error
}

func (e *EventError) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.ID != "" {
		fmt.Fprintf(&b, " event %q", e.ID)
	}
	if e.Path != "" {
		b.WriteString(" at " + e.Path)
	}
	return b.String() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *EventError) Unwrap() error { return e.Err }

func optionError(what string) error { return fmt.Errorf("%w: %s", ErrOptions, what) }
