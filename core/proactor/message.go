package proactor

import (
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/links"
)

// Message is one that is processed: from inside, or from a peer.
type Message struct {
	codec.Message
	// From is the link it came over; nil: it is from inside.
	From *links.Link
	// held says that whoever processes it acknowledges it later.
	held *bool
}

// Hold lets a message of a peer be acknowledged later, when what it asks for is
// really done: by calling the result, on the loop. Without Hold that happens when
// the handler has returned.
func (m Message) Hold() (done func()) {
	if m.From == nil {
		return func() {}
	}
	if m.held != nil {
		*m.held = true
	}
	return func() { m.From.Done(m.Message) }
}

// Shutdown asks the proactor to end, when it is sent inside.
type Shutdown struct{ Reason string }

// route is who takes payloads of one type.
type route struct {
	name   string // for statistics
	handle func(m Message) error
}

// routes are only looked up in.
type routes map[reflect.Type]*route

// On lets payloads of a type, which is no interface, be handled by a function,
// which is called on the loop. An error, or a panic, ends the proactor. There is
// one handler for a type.
func On[T any](p *Proactor, handle func(m Message, payload T) error) error {
	t := reflect.TypeFor[T]()
	_, taken := p.routes[t]
	switch {
	case p.running:
		return fmt.Errorf("a handler of %v: %w", t, ErrStarted)
	case taken:
		return fmt.Errorf("%w: there is a handler of %v already", ErrOptions, t)
	case t.Kind() == reflect.Interface:
		return fmt.Errorf("%w: a handler of %v, which is an interface: name the types, or use Rest", ErrOptions, t)
	}
	if p.routes == nil {
		p.routes = routes{}
	}
	name, err := p.o.Codec.TypeOf(*new(T))
	if err != nil {
		name = t.String() // it never leaves the program
	}
	p.routes[t] = &route{name: name, handle: func(m Message) error { return handle(m, m.Payload.(T)) }}
	return nil
}

// Send queues a message to be processed after all that came before. Between
// Shutdown and the stop it is dropped, and before the start and from the stop on it
// is ErrRunning. Send is for the tasks of the runtime; goroutines outside use
// SendFrom.
func (p *Proactor) Send(m codec.Message) error {
	if !p.running {
		return fmt.Errorf("send %T: %w", m.Payload, ErrRunning)
	}
	p.queue.Put(Message{Message: m})
	return nil
}

// SendFrom is Send for goroutines outside the runtime. What they send before the
// start waits for it, and after the stop it is dropped.
func (p *Proactor) SendFrom(m codec.Message) { p.queue.Put(Message{Message: m}) }

// wake is called by the queue when it was empty, on any goroutine.
func (p *Proactor) wake() {
	if work := p.work.Load(); work != nil {
		work.Trigger()
	}
}

// batchSize bounds how many messages are processed before timers get their turn.
const batchSize = 256

// drain processes what is queued; it runs on the loop.
func (p *Proactor) drain() {
	for range batchSize {
		if !p.running || p.leaving {
			return
		}
		m, ok := p.queue.Take()
		if !ok {
			return
		}
		if err := p.process(&m); err != nil {
			p.fail(fmt.Errorf("processing %T: %w", m.Payload, err))
			return
		}
		if m.From != nil && !*m.held {
			m.From.Done(m.Message)
		}
	}
	p.work.Load().Trigger()
}

// process gives a message to who takes it. A panic is an error with its stack.
func (p *Proactor) process(m *Message) (err error) {
	defer recovered(&err)
	if r, ok := p.routes[reflect.TypeOf(m.Payload)]; ok {
		p.stats.Message(r.name)
		return r.handle(*m)
	}
	p.stats.Message(p.kind(m))
	switch ask := m.Payload.(type) {
	case Shutdown:
		p.Shutdown(ask.Reason)
		return nil
	case Debug:
		p.debug(ask)
		return nil
	}
	if c, ok := p.members.byName(m.Dst); ok {
		return c.Process(*m)
	}
	if e, ok := m.Payload.(events.Event); ok && p.goesUp(m) {
		return p.passOn(m, e)
	}
	if p.o.Rest != nil {
		return p.o.Rest(*m)
	}
	p.logs.General().Warn("nobody takes a message", "type", p.kind(m), "src", m.Src, "dst", m.Dst)
	return nil
}

// kind is a message's type for people.
func (p *Proactor) kind(m *Message) string {
	if m.MessageType != "" {
		return m.MessageType
	}
	if m.Payload == nil {
		return "nothing"
	}
	return reflect.TypeOf(m.Payload).String()
}

// guarded calls fn. A panic is an error with its stack.
func guarded(fn func() error) (err error) {
	defer recovered(&err)
	return fn()
}

// recovered is deferred: it makes a panic the error, with its stack.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	}
}
