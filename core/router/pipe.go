package router

import (
	"fmt"
	"sync/atomic"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/internal/listeners"
)

// pipe is what a sender and its receiver share, and both of them.
type pipe[T any] struct {
	router    *Router
	number    int
	taken     atomic.Uint64 // messages that came out, to the listeners or to nobody
	values    *clock.Inbox[T]
	listeners listeners.List[T]
	closed    bool
	warned    bool
	sender    Sender[T]
	receiver  Receiver[T]
}

// Pipe makes a pipe on a running router. The sender is not started.
func Pipe[T any](r *Router) (*Sender[T], *Receiver[T], error) {
	if err := r.expect("make a pipe on", Open); err != nil {
		return nil, nil, err
	}
	r.made++
	r.open++
	p := &pipe[T]{router: r, number: r.made}
	p.values = clock.NewInbox[T](r.rt, nil) // the router's own queue wakes
	p.sender.pipe, p.receiver.pipe = p, p
	if r.debug {
		r.log.Debug("pipe created", "pipe", p.name())
	}
	return &p.sender, &p.receiver, nil
}

func (p *pipe[T]) name() string { return fmt.Sprintf("%s pipe %d", p.router.name, p.number) }

func (p *pipe[T]) deliver() {
	x, ok := p.values.Take()
	if !ok {
		return
	}
	p.taken.Add(1)
	if p.closed {
		if !p.warned {
			p.warned = true
			p.router.log.Warn("messages after the pipe was closed are discarded", "pipe", p.name())
		}
		return
	}
	p.listeners.Call(p.router.rt, x)
}

func (p *pipe[T]) drop() { p.values.Take() }

// Receiver is the end of a pipe that gets messages. It belongs to the tasks of
// the router's runtime.
type Receiver[T any] struct{ pipe *pipe[T] }

// OnMessage adds a listener, called for each message delivered from now on, in
// the order listeners were added. The result removes it, also while a message is
// being delivered.
func (r *Receiver[T]) OnMessage(listen func(T)) (remove func()) {
	return r.pipe.listeners.Add(listen)
}

// Close ends the pipe: messages that were not delivered yet are discarded with
// a warning. Closing twice is an error, and so is closing after the router was
// stopped. A listener may close its own pipe; the message that is being
// delivered still reaches the listeners behind it.
func (r *Receiver[T]) Close() error {
	p := r.pipe
	if p.closed {
		return &StateError{Op: "close", Name: p.name(), State: Closed}
	}
	p.closed = true
	p.listeners = nil
	p.router.open--
	if p.router.debug {
		p.router.log.Debug("pipe closed", "pipe", p.name())
	}
	if p.router.stopped() {
		return &StateError{Op: "close", Name: p.name(), State: Stopped}
	}
	return nil
}

// Sender is the end of a pipe that messages are put into. It is used by one
// goroutine at a time, any goroutine.
type Sender[T any] struct {
	pipe  *pipe[T]
	state State
	sent  uint64
}

// Start opens the sender.
func (s *Sender[T]) Start() error {
	if err := s.expect("start the sender of", Initial); err != nil {
		return err
	}
	s.state = Open
	return nil
}

// Send queues a message; two queue operations, no allocation in steady state.
// It does not wait. An error means that the message is not, and will not be,
// delivered. No error means that it is queued: only a Stop or a Close that comes
// before its turn can lose it, and they say so in the log.
func (s *Sender[T]) Send(x T) error {
	if s.state != Open || s.pipe.router.stopped() {
		return s.expect("send on", Open)
	}
	s.pipe.values.Put(x)
	s.pipe.router.queue.Put(s.pipe)
	s.sent++
	if s.pipe.router.stopped() && s.pipe.taken.Load() < s.sent { // it came too late
		return s.expect("send on", Open)
	}
	return nil
}

// Stop closes the sender. What was sent is still delivered. After the router was
// stopped it closes the sender and returns an error that says so.
func (s *Sender[T]) Stop() error {
	if s.state == Open {
		defer func() { s.state = Closed }()
	}
	return s.expect("stop the sender of", Open)
}

// Scope starts the sender, calls body, and stops the sender if body has not. It
// returns Start's error or body's.
func (s *Sender[T]) Scope(body func() error) error {
	if err := s.Start(); err != nil {
		return err
	}
	defer func() { s.state = Closed }()
	return body()
}

// expect says what keeps the sender from an operation that needs a state: its
// own first.
func (s *Sender[T]) expect(op string, want State) error {
	switch {
	case s.state != want:
		return &StateError{Op: op, Name: s.pipe.name(), State: s.state}
	case s.pipe.router.stopped():
		return &StateError{Op: op, Name: s.pipe.name(), State: Stopped}
	}
	return nil
}
