package play

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// Returned, wrapped with what it was, by [Play].
var (
	// ErrOptions: the options make no sense.
	ErrOptions = errors.New("cannot play")
	// ErrLate: with Strict, the broker or this machine does not keep up.
	ErrLate = errors.New("the messages cannot be said that fast")
	// ErrRefused: with Strict, the broker did not take a message.
	ErrRefused = errors.New("a message was not taken")
)

// Max is the Speed of playing as fast as the broker takes it.
const Max = -1

// Forever is the Loops of playing until told to stop.
const Forever = -1

// Options say what is played, and how. The zero value plays a whole tape once,
// as it was recorded.
type Options struct {
	// Speed is how many times as fast as recorded; 0: 1; Max: at once.
	Speed float64
	// Loops is how many times; 0: once; Forever.
	Loops int
	// From is where on the tape to begin: what the broker had retained at that
	// moment is published first.
	From time.Duration
	// Until is where to end, that instant included; 0: at the tape's end.
	Until time.Duration
	// Topics are those that are played.
	Topics mqtt.Selection
	// Prefix is put before every topic.
	Prefix string
	// Late is how much later than it should a message may be said before that is
	// called late; 0: 100 ms. A late message is said all the same.
	Late time.Duration
	// Strict ends the playing with ErrLate or ErrRefused where it is otherwise
	// only counted.
	Strict bool
	// OnLate is called, on the playing goroutine, when messages begin to be late:
	// at for the offset on the tape, by for how late. It is called again after
	// they have been on time for a while. nil: nobody is told.
	OnLate func(at, by time.Duration)
	// Progress is called now and then, on the playing goroutine; nil: nobody is
	// told.
	Progress func(Report)
}

func (o Options) withDefaults(t *recorder.Tape) (Options, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Loops == 0 {
		o.Loops = 1
	}
	if o.Late == 0 {
		o.Late = 100 * time.Millisecond
	}
	end := t.Info().Duration
	switch {
	case o.Speed < 0 && o.Speed != Max, o.Speed != o.Speed: //nolint:staticcheck // NaN
		return o, fmt.Errorf("%w: %v times as fast as recorded cannot be", ErrOptions, o.Speed)
	case o.Loops < 0 && o.Loops != Forever:
		return o, fmt.Errorf("%w: %d times cannot be", ErrOptions, o.Loops)
	case o.From < 0 || o.From > end:
		return o, fmt.Errorf("%w from %v: the tape is %v long", ErrOptions, o.From, end)
	case o.Until > 0 && o.Until < o.From:
		return o, fmt.Errorf("%w from %v until %v, which is before it", ErrOptions, o.From, o.Until)
	case o.Prefix != "" && mqtt.ValidateTopic(o.Prefix+"x") != nil:
		return o, fmt.Errorf("%w: %q cannot stand before a topic", ErrOptions, o.Prefix)
	}
	if err := o.Topics.Validate(); err != nil {
		return o, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.Until <= 0 || o.Until > end {
		o.Until = end
	}
	return o, nil
}
