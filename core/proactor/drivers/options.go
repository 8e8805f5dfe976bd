package drivers

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/clock"
)

const (
	// DefaultPatTimeout is how long a thread may be silent (GW-133).
	DefaultPatTimeout = 20 * time.Second
	// DefaultPause is the pause after a first failure. It and DefaultPauseMax
	// are hubtape's own choice.
	DefaultPause = time.Second
	// DefaultPauseMax is the longest pause between two failures.
	DefaultPauseMax = time.Minute
)

// Options say what a Thread does. M is the type of the messages that it takes and
// sends.
type Options[M any] struct {
	// Name is what errors and the watchdog call it. Required.
	Name string
	// PreIterate makes ready: it opens the device. It is called again, after a
	// pause, if it fails and GoOn goes on. nil: nothing.
	PreIterate func(*Line[M]) error
	// Iterate is called each turn. Required.
	Iterate func(*Line[M]) error
	// Handle is called with a message that was put to the thread, one a turn.
	// nil: messages are only taken by Iterate, with Line.Get.
	Handle func(*Line[M], M) error
	// QueueMax is how many messages may wait. 0: DefaultQueueMax with a Handle,
	// else there is no queue.
	QueueMax int
	// Sleep is how long each turn sleeps first; 0: not at all.
	Sleep time.Duration
	// Deliver is called on the loop's task with each message that the driver
	// sends. Required.
	Deliver func(M)
	// Pat is called on the loop's task each half of PatTimeout, while no step
	// hangs. nil: the thread never pats.
	Pat func()
	// PatTimeout is after what silence the thread is to be taken to hang.
	// 0: DefaultPatTimeout; clock.Forever, or any other below zero: the thread
	// never pats.
	PatTimeout time.Duration
	// GoOn says whether the thread goes on after a failure. It is called beside
	// the loop, like a step; one that panics says no. nil: it never does.
	GoOn func(*StepError) bool
	// Failed is called on the loop's task with every failure. Required.
	Failed func(*StepError)
	// Pause is how long the thread waits after a failure before it goes on,
	// twice as long after each further one in a row. 0: DefaultPause.
	Pause time.Duration
	// PauseMax is how long it waits at most. 0: DefaultPauseMax, or Pause if
	// that is longer.
	PauseMax time.Duration
}

var (
	errNoName    = errors.New("it needs a name: set Options.Name")
	errNoIterate = errors.New("it has nothing to do: set Options.Iterate")
	errNoDeliver = errors.New("nobody takes what it sends: set Options.Deliver")
	errNoFailed  = errors.New("nobody hears when it fails: set Options.Failed")
)

func (o *Options[M]) check() error {
	switch {
	case o.Name == "":
		return errNoName
	case o.Iterate == nil:
		return errNoIterate
	case o.Deliver == nil:
		return errNoDeliver
	case o.Failed == nil:
		return errNoFailed
	case o.QueueMax < 0:
		return fmt.Errorf("a queue for %d messages: it must be above zero, or zero for the default", o.QueueMax)
	case o.Sleep < 0:
		return fmt.Errorf("a sleep of %v: it must be above zero, or zero for none", o.Sleep)
	case o.Pause < 0, o.PauseMax < 0:
		return fmt.Errorf("pauses from %v to %v: they must be above zero, or zero for the default", o.Pause, o.PauseMax)
	case o.PauseMax != 0 && o.PauseMax < o.Pause:
		return fmt.Errorf("pauses from %v to %v: the longest must not be the shorter one", o.Pause, o.PauseMax)
	}
	return nil
}

// fill puts defaults where nothing is set.
func (o *Options[M]) fill() {
	if o.QueueMax == 0 && o.Handle != nil {
		o.QueueMax = DefaultQueueMax
	}
	if o.PatTimeout == 0 {
		o.PatTimeout = DefaultPatTimeout
	}
	if o.Pat == nil || o.PatTimeout < 0 {
		o.PatTimeout = clock.Forever
	}
	if o.Pause == 0 {
		o.Pause = DefaultPause
	}
	if o.PauseMax == 0 {
		o.PauseMax = DefaultPauseMax
	}
}

// never is the last instant there is.
const never = time.Duration(math.MaxInt64)

// patAfter is the instant of the pat that follows one now.
func (o *Options[M]) patAfter(rt clock.Runtime) time.Duration {
	if o.PatTimeout < 0 {
		return never
	}
	return clock.In(rt, max(o.PatTimeout/2, 1))
}

// pause is how long to wait after so many failures in a row. A Pause that is longer
// than the default's longest stays as it is.
func (o *Options[M]) pause(row int) time.Duration {
	d := o.Pause
	for ; row > 1 && d < o.PauseMax; row-- {
		d = min(2*d, o.PauseMax)
	}
	return d
}
