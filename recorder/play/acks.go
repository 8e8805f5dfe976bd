package play

import (
	"context"
	"errors"
	"sync"

	"github.com/hubtape/hubtape/mqtt/conn"
)

// acks follows what the broker has taken.
type acks struct {
	mu       sync.Mutex
	idle     sync.Cond
	underWay int
	exact    int // those of QoS 2
	acked    uint64
	refused  uint64
	first    error // of a refusal
	lost     error // the connection
}

func (a *acks) begin(qos byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.underWay++
	if qos == 2 {
		a.exact++
	}
}

// doneExact is done for a message of QoS 2.
func (a *acks) doneExact(err error) {
	a.mu.Lock()
	if a.exact--; a.exact == 0 {
		a.idle.Broadcast()
	}
	a.mu.Unlock()
	a.done(err)
}

// waitExact waits until no message of QoS 2 is under way. A broker passes such a
// one on when it is released, so one of QoS 0 or 1 that follows could overtake
// it; between others of one connection order holds [MQTT-4.6.0-6].
func (a *acks) waitExact(ctx context.Context) error {
	a.mu.Lock()
	none := a.exact == 0
	a.mu.Unlock()
	if none {
		return nil
	}
	return a.waitFor(ctx, func() bool { return a.exact == 0 })
}

func (a *acks) done(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.underWay--
	switch {
	case err == nil:
		a.acked++
	case refused(err):
		if a.refused++; a.first == nil {
			a.first = err
		}
	case a.lost == nil:
		a.lost = err
	}
	if a.underWay == 0 {
		a.idle.Broadcast()
	}
}

func (a *acks) counts() (acked, refused uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.acked, a.refused
}

func (a *acks) refusal() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.first
}

// refused reports whether an error concerns one message only: the connection
// goes on.
func refused(err error) bool { return errors.Is(err, conn.ErrPublish) }

// wait waits until nothing is under way, and returns the loss of the connection
// if it was lost meanwhile.
func (a *acks) wait(ctx context.Context) error {
	return a.waitFor(ctx, func() bool { return a.underWay == 0 })
}

func (a *acks) waitFor(ctx context.Context, done func() bool) error {
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.idle.Broadcast()
	})
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for !done() && ctx.Err() == nil {
		a.idle.Wait()
	}
	return errors.Join(ctx.Err(), a.lost)
}
