package eventstore

import (
	"time"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Limits that all stores share.
const (
	// BytesMaxDefault is how many bytes of contents a store holds.
	BytesMaxDefault = 500 << 20
	// IDBytesMax is how long an id may be. Any bytes may stand in it; written as
	// a file name each takes up to three, and a name holds 255.
	IDBytesMax = 64
	// PatEveryDefault is how often a long Reindex says that it is alive.
	PatEveryDefault = time.Second
)

// Store keeps events until somebody else has them. A store is for one goroutine
// at a time; [Queue] makes one usable from a loop.
//
// Where two values tell how a call went, the error alone says whether it was
// done: it is nil when it was, whatever else is told. The problems are what is
// worth a report all the same; they may be nil.
type Store interface {
	// Persist stores an event behind all others. When the error is nil it is
	// stored, as durably as the store promises. An event of the same id is
	// replaced, with the warning ErrReplaced. To make room the oldest events are
	// dropped, only after the new one is safe. Errors: ErrID, ErrEmpty,
	// ErrTooLarge, ErrTrim, ErrClosed, ErrDate and those of the disk; then the
	// event is not stored.
	Persist(id string, content []byte) (*problems.Problems, error)
	// Apply makes several changes, in order, and shares the cost of making them
	// durable. The results stand where their changes do. It is not one
	// transaction: a change may fail while others are made.
	Apply(changes []Change) []Result
	// Retrieve returns an event's content; the caller may keep it. found is
	// false when there is no such event, which is no error. Errors: ErrMissing,
	// ErrDamaged, ErrTooLarge (the limit was lowered), ErrClosed and those of the
	// disk; the event stays pending.
	Retrieve(id string) (content []byte, found bool, err error)
	// Clear forgets an event. That there is none is the warning ErrUnknown; that
	// its content is gone already, ErrMissing.
	Clear(id string) (*problems.Problems, error)
	// Pending returns the ids of all events, in the order they were persisted.
	Pending() []string
	// NumPending is how many events there are.
	NumPending() int
	// Bytes is the sum of the lengths of their contents.
	Bytes() int64
	// Dropped is how many events were dropped for room since the store was
	// opened.
	Dropped() int
	// Reindex looks again at what is stored. What cannot be read is a problem
	// that names the place, and the rest is indexed; when the store itself
	// cannot be read that is an error, and nothing changes.
	Reindex() (*problems.Problems, error)
	// Close lets the store go. Whatever is asked of it afterwards is ErrClosed;
	// closing it again does nothing.
	Close() error
}

// Op says what a Change does.
type Op uint8

// The changes there are.
const (
	OpPersist Op = iota + 1
	OpClear
)

// Change is one Persist or one Clear of a batch.
type Change struct {
	Op      Op
	ID      string
	Content []byte // of OpPersist
}

// Result is how a Change went. Err is nil when it was made.
type Result struct {
	Problems *problems.Problems
	Err      error
}

// Clock is what a store needs of time; a clock.Runtime is one. Both methods are
// called where the store is.
type Clock interface {
	Now() time.Duration
	Wall() time.Time
}

// Options say where a store is and how it behaves. Path and Clock are required.
type Options struct {
	Path     string        // the folder of Files, the file of Bolt; made when it is missing
	Clock    Clock         // Wall names files, Now paces Pat
	BytesMax int64         // limit of all contents together; 0: BytesMaxDefault
	Pat      func()        // called while a Reindex goes on, to tell a watchdog; nil: nobody
	PatEvery time.Duration // at most so often; 0: PatEveryDefault
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Path == "":
		return o, optionError("Path is empty: say where the events are to be kept")
	case o.Clock == nil:
		return o, optionError("Clock is nil: hand in the runtime")
	case o.BytesMax < 0:
		return o, optionError("BytesMax is below zero")
	case o.PatEvery < 0:
		return o, optionError("PatEvery is below zero")
	}
	if o.BytesMax == 0 {
		o.BytesMax = BytesMaxDefault
	}
	if o.PatEvery == 0 {
		o.PatEvery = PatEveryDefault
	}
	return o, nil
}

// check refuses what no store takes.
func (c Change) check(bytesMax int64) error {
	switch {
	case c.Op == OpClear:
		return nil
	case c.Op != OpPersist:
		return errOp
	case c.ID == "" || len(c.ID) > IDBytesMax:
		return ErrID
	case len(c.Content) == 0:
		return ErrEmpty
	case int64(len(c.Content)) > bytesMax:
		return ErrTooLarge
	}
	return nil
}

// patter calls pat now and then while something goes on.
type patter struct {
	clock Clock
	pat   func()
	every time.Duration
	last  time.Duration
}

func newPatter(o Options) *patter {
	return &patter{clock: o.Clock, pat: o.Pat, every: o.PatEvery, last: o.Clock.Now()}
}

// step says that a piece of work was done.
func (p *patter) step() {
	if p.pat == nil {
		return
	}
	if now := p.clock.Now(); now-p.last >= p.every {
		p.last = now
		p.pat()
	}
}

// String is the name of the change, as errors say it.
func (o Op) String() string {
	switch o {
	case OpPersist:
		return "persist"
	case OpClear:
		return "clear"
	default:
		return "change"
	}
}
