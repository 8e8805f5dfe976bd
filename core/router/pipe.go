package router

import (
	"fmt"
	"slices"

	"github.com/hubtape/hubtape/clock"
)

// pipe is what a sender and its receiver share.
type pipe[T any] struct {
	router    *Router
	name      string
	values    *clock.Inbox[T]
	listeners []func(T)
	closed    bool
	warned    bool
}

// Pipe makes a pipe on a running router. The sender is not started.
func Pipe[T any](r *Router) (*Sender[T], *Receiver[T], error) {
	if err := r.expect("make a pipe", Open); err != nil {
		return nil, nil, err
	}
	r.made++
	p := &pipe[T]{router: r, name: fmt.Sprintf("%s pipe %d", r.name, r.made)}
	p.values = clock.NewInbox[T](r.rt, r.sig.Set)
	r.open = append(r.open, p)
	r.log.Debug("pipe created", "pipe", p.name)
	return &Sender[T]{pipe: p}, &Receiver[T]{pipe: p}, nil
}

func (p *pipe[T]) deliver() {
	x, ok := p.values.Take()
	if !ok {
		return
	}
	if p.closed {
		if !p.warned {
			p.warned = true
			p.router.log.Warn("messages after the pipe was closed are discarded", "pipe", p.name)
		}
		return
	}
	for _, listen := range p.listeners {
		listen(x)
	}
}

// Receiver is the end of a pipe that gets messages.
type Receiver[T any] struct{ pipe *pipe[T] }

// OnMessage adds a listener, called for each message delivered from now on, in
// the order listeners were added.
func (r *Receiver[T]) OnMessage(listen func(T)) {
	// A new slice, so that a listener may add another while it is called.
	r.pipe.listeners = append(slices.Clip(r.pipe.listeners), listen)
}

// Close ends the pipe: messages that were not delivered yet are discarded with
// a warning. Closing twice is an error. A listener may close its own pipe.
func (r *Receiver[T]) Close() error {
	p := r.pipe
	if p.closed {
		return &StateError{Op: "close", Name: p.name, State: Closed}
	}
	p.closed = true
	p.router.open = slices.DeleteFunc(p.router.open, func(c conduit) bool { return c == conduit(p) })
	p.router.log.Debug("pipe closed", "pipe", p.name)
	return nil
}

// Sender is the end of a pipe that messages are put into. It is used by one
// goroutine, any goroutine.
type Sender[T any] struct {
	pipe  *pipe[T]
	state State
}

// Start opens the sender.
func (s *Sender[T]) Start() error {
	if s.state != Initial {
		return &StateError{Op: "start the sender of", Name: s.pipe.name, State: s.state}
	}
	s.state = Open
	return nil
}

// Send queues a message; two queue operations, no allocation in steady state.
// It does not wait.
func (s *Sender[T]) Send(x T) error {
	if s.state != Open {
		return &StateError{Op: "send on", Name: s.pipe.name, State: s.state}
	}
	s.pipe.values.Put(x)
	s.pipe.router.queue.Put(s.pipe)
	if u := s.pipe.router.updater; u != nil {
		u.Trigger()
	}
	return nil
}

// Stop closes the sender. What was sent is still delivered.
func (s *Sender[T]) Stop() error {
	if s.state != Open {
		return &StateError{Op: "stop the sender of", Name: s.pipe.name, State: s.state}
	}
	s.state = Closed
	return nil
}

// Scope starts the sender, calls body, and stops the sender if body has not.
func (s *Sender[T]) Scope(body func() error) error {
	if err := s.Start(); err != nil {
		return err
	}
	defer func() { s.state = Closed }()
	return body()
}
