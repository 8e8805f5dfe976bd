package deck

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// ErrOptions is what [Open] wraps when it is told nonsense.
var ErrOptions = errors.New("cannot run a tape")

// Options say where records go, and how.
type Options struct {
	// Path is the tape. With RotateBytes or RotateEvery it names the parts:
	// x.hubtape becomes x-0001.hubtape, x-0002.hubtape and so on.
	Path string
	// Append goes on with the tape when it is there, as another sitting, or with
	// the next part; else a file that is there is recorder.ErrExists.
	Append bool
	// Tape says how tapes are made; its Start is set by the deck.
	Tape recorder.Options

	// RotateBytes begins another part when one has about this size; 0: never.
	// It is looked at once in FlushEvery.
	RotateBytes int64
	// RotateEvery begins another part after this time; 0: never.
	RotateEvery time.Duration
	// Keep is how many parts there may be; older ones are deleted. 0: all.
	Keep int

	// Redact is called with every record before it is written, on the writing
	// goroutine, and may change it. It must leave the payload's bytes alone and
	// give the record others. nil: nothing is redacted.
	Redact func(*recorder.Record)

	// TimeScale is how many times as fast as real time the hub's clock runs,
	// when a simulated hub is recorded: offsets and wall times are the hub's.
	// 0: 1.
	TimeScale int
	// Date is what the hub's clock shows when the deck is opened; the zero Time:
	// what this machine's shows.
	Date time.Time

	// FlushEvery is how often records are made to outlive a kill; 0: 1 s.
	FlushEvery time.Duration
	// SyncEvery is how often they are made to outlive a power cut; 0: 20 s.
	SyncEvery time.Duration
	// QueueBytes bounds the memory of records that are not yet written; 0:
	// 64 MiB.
	QueueBytes int
	// WatchTopics keeps count of up to 10,000 topics and of what each said last,
	// for Busiest. It costs a look-up a message.
	WatchTopics bool
	// Log is told of new parts and of drops; nil: nobody is.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Path == "":
		return o, fmt.Errorf("%w: there is no path", ErrOptions)
	case o.TimeScale < 0:
		return o, fmt.Errorf("%w: a hub's clock that runs %d times as fast as real time cannot be", ErrOptions, o.TimeScale)
	case o.RotateBytes < 0 || o.RotateEvery < 0 || o.Keep < 0:
		return o, fmt.Errorf("%w: parts cannot be of %d bytes, %v, or %d in number", ErrOptions, o.RotateBytes, o.RotateEvery, o.Keep)
	case o.Keep > 0 && !o.inParts():
		return o, fmt.Errorf("%w: only parts can be kept in a number, and this is one tape", ErrOptions)
	}
	pick(&o.TimeScale, 1)
	pick(&o.FlushEvery, time.Second)
	pick(&o.SyncEvery, 20*time.Second)
	pick(&o.QueueBytes, 64<<20)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func (o Options) inParts() bool { return o.RotateBytes > 0 || o.RotateEvery > 0 }

func pick[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
