package capture

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder/deck"
)

// ErrConnect is what [Capture.Serve] wraps when the first connection to a
// broker, or the first subscription, fails.
var ErrConnect = errors.New("no connection to the broker")

// connectError is a first connection that failed, and what to look at.
type connectError struct{ err error }

func (e *connectError) Error() string {
	if errors.Is(e.err, context.Canceled) {
		return e.err.Error()
	}
	return fmt.Sprintf("%v; %s", e.err, conn.Hint(e.err))
}

func (e *connectError) Unwrap() []error { return []error{ErrConnect, e.err} }

// Capture records from brokers to a deck.
type Capture struct {
	deck  *deck.Deck
	hubs  []*hub
	ready chan struct{} // closed when all have connected
}

// New prepares a capture to d, which stays the caller's to close. Nothing is
// connected yet.
func New(d *deck.Deck, o Options) (*Capture, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Capture{deck: d, ready: make(chan struct{})}
	for _, b := range o.Brokers {
		c.hubs = append(c.hubs, newHub(d, b, o))
	}
	return c, nil
}

// Ready is closed when all brokers have been heard for the first time.
func (c *Capture) Ready() <-chan struct{} { return c.ready }

// Serve connects to all brokers and records until ctx ends, which is no error,
// or until it cannot go on: ErrConnect when a first connection fails, or ctx ends
// before it stands (then the cause of that is in the chain), else the deck's
// error. Everything that was received before it returns is on the tape,
// and flushed. It may be called once.
func (c *Capture) Serve(ctx context.Context) error {
	listening, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var written, unheard error
	var first sync.Once
	var writer, listeners sync.WaitGroup
	writer.Go(func() {
		written = c.deck.Run(writing)
		leave(written)
	})
	var silent atomic.Int64 // brokers that have not been heard yet
	silent.Store(int64(len(c.hubs)))
	heard := func() {
		if silent.Add(-1) == 0 {
			close(c.ready)
		}
	}
	for _, h := range c.hubs {
		listeners.Go(func() {
			if err := h.listen(listening, heard); err != nil {
				first.Do(func() { unheard = err })
				leave(err)
			}
		})
	}
	listeners.Wait()
	stop()
	writer.Wait()
	if written != nil {
		return written
	}
	return unheard
}
