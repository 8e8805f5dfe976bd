package compare

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// Stream gives records in the order of their offsets. A *recorder.Cursor is one,
// also a transient one: what is kept of a record is copied.
type Stream interface {
	// Next goes to the next record and reports whether there is one.
	Next() bool
	// Record returns it; it is valid until the next call of Next.
	Record() *recorder.Record
	// Err returns what ended the stream early.
	Err() error
}

// ErrOptions is what [Compare] wraps when it is told nonsense.
var ErrOptions = errors.New("cannot compare")

// Options say what counts as a difference. With the zero value payloads have to
// be the same by value, at the same offsets.
type Options struct {
	// Topics are the topics that are compared.
	Topics mqtt.Selection
	// Ignore lists what of JSON payloads is not compared: keys, at any depth, or
	// dotted paths from the root such as "color.x". An array adds nothing to a
	// path: "lights.x" is the x of every element of lights.
	Ignore []string
	// Time is how far apart the offsets of two messages may be; 0: not at all,
	// below 0: times are not compared.
	Time time.Duration
	// Shift is added to the offsets of b.
	Shift time.Duration
	// Number is how far apart two numbers of JSON payloads may be, absolutely:
	// with 0.01, 20.00 and 20.01 are the same. With 0 they are compared exactly,
	// whatever their size, else as float64.
	Number float64
	// AnyOrder lets the messages of a topic have any order among those that wait
	// for a partner, 1,024 at most. Each takes the first that fits; with a
	// tolerance of numbers another choice could have left less over.
	AnyOrder bool
	// Flags compares QoS, retain flag and properties too, and whether a message
	// is a will.
	Flags bool
	// MaxDifferences is how many differences a report holds, the earliest ones;
	// the others are counted. 0: 1,000; below 0: none.
	MaxDifferences int
	// MemoryBytes bounds the messages that wait for their partner; 0: 64 MiB.
	MemoryBytes int
}

func (o Options) withDefaults() (Options, error) {
	if o.Number < 0 || math.IsNaN(o.Number) {
		return o, fmt.Errorf("%w: numbers cannot be %v apart; give a tolerance of 0 or more", ErrOptions, o.Number)
	}
	if err := o.Topics.Validate(); err != nil {
		return o, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.MaxDifferences == 0 {
		o.MaxDifferences = 1000
	}
	o.MaxDifferences = max(o.MaxDifferences, 0)
	if o.MemoryBytes <= 0 {
		o.MemoryBytes = 64 << 20
	}
	return o, nil
}

// inTime reports whether two instants are the same, as far as times count.
func (o *Options) inTime(a, b time.Duration) bool {
	return o.Time < 0 || apart(a, b) <= uint64(o.Time)
}

// apart is how far two instants are apart; it cannot overflow.
func apart(a, b time.Duration) uint64 {
	return uint64(max(a, b)) - uint64(min(a, b))
}
