package clock

import (
	"fmt"
	"math"
	"time"
)

// FastForward is a System whose time can be pushed forward: real time flows
// on, with an offset. Every reading and every wait of the runtime sees it.
type FastForward struct{ *System }

// NewFastForward makes and starts a runtime with an offset of zero.
func NewFastForward(o SystemOptions) *FastForward { return &FastForward{NewSystem(o)} }

// Push adds d to the offset; what becomes due is served at once. Time does not
// go back, nor past the last instant: such a d is an error. Safe from any goroutine.
func (f *FastForward) Push(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("fast-forward by %v: time cannot be pushed back", d)
	}
	if d > math.MaxInt64-f.Now() {
		return fmt.Errorf("fast-forward by %v: that is past the last instant there is", d)
	}
	f.pushed.Add(int64(d))
	f.pokeTimekeeper()
	return nil
}
