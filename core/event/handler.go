package event

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/hubtape/hubtape/core/loop"
)

// ErrNilHandler is returned for a handler without a function.
var ErrNilHandler = errors.New("the handler is nil: register a function")

// Handler says what to call, where, and for how long.
type Handler[T any] struct {
	Func func(T)
	Loop *loop.Loop // where it is called, of any runtime; nil: the event's loop
	Once bool       // for the next emit only
}

// handler is a registered Handler; its address tells it from others.
type handler[T any] struct {
	fn   func(T)
	loop *loop.Loop
	once bool
}

// On registers fn for every emit from now on. A function that is registered
// twice is called twice. A nil function is an ErrNilHandler.
func (e *Event[T]) On(fn func(T)) (*Token, error) { return e.Handle(Handler[T]{Func: fn}) }

// Once registers fn for the next emit only.
func (e *Event[T]) Once(fn func(T)) (*Token, error) {
	return e.Handle(Handler[T]{Func: fn, Once: true})
}

// Handle registers a handler; On and Once are short for it.
func (e *Event[T]) Handle(h Handler[T]) (*Token, error) {
	if h.Func == nil {
		return nil, fmt.Errorf("event %q: %w", e.name, ErrNilHandler)
	}
	if h.Loop == nil {
		h.Loop = e.loop
	}
	added := &handler[T]{fn: h.Func, loop: h.Loop, once: h.Once}
	e.change(func(r *roster[T]) *roster[T] { return r.with(added) })
	return &Token{remove: func() bool {
		return e.drop(func(h *handler[T]) bool { return h == added }) > 0
	}}, nil
}

// Off removes fn, as often as it is registered, and returns how often that was.
// The order of the others does not change.
//
// A function is the same if it is the same func value: the same function of a
// package, the same variable, or the method of the same pointer (door.OnOpen of
// one *Door), also when it is taken anew. A function literal is a new one each
// time it is evaluated. The method of an interface, of a value that is no
// pointer, or taken by generic code is new each time too: keep the func value,
// or the Token, to remove it.
func (e *Event[T]) Off(fn func(T)) int {
	if fn == nil {
		return 0
	}
	return e.drop(func(h *handler[T]) bool { return sameFunc(h.fn, fn) })
}

// Clear removes every handler and returns how many there were. Tasks that wait
// go on waiting.
func (e *Event[T]) Clear() int {
	return e.drop(func(*handler[T]) bool { return true })
}

func (e *Event[T]) drop(drop func(*handler[T]) bool) int {
	was, now := e.change(func(r *roster[T]) *roster[T] { return r.without(drop) })
	return len(was.handlers) - len(now.handlers)
}

// Token stands for one registered handler.
type Token struct{ remove func() bool }

// Remove removes the handler; false: it was removed, or was for once and an emit
// has taken it. What was emitted before is still delivered. The nil Token
// removes nothing. Safe from any goroutine.
func (t *Token) Remove() bool { return t != nil && t.remove != nil && t.remove() }

// HandlerPanic is a panic of one handler.
type HandlerPanic struct {
	Event string
	Value any
	Stack []byte
}

func (e *HandlerPanic) Error() string {
	return fmt.Sprintf("a handler of event %q panicked: %v", e.Event, e.Value)
}

// Unwrap returns the panic's value where that is an error.
func (e *HandlerPanic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// call calls one handler on its loop's task.
func (e *Event[T]) call(l *loop.Loop, fn func(T), x T) {
	if e.onPanic == nil {
		loop.Protect(l, fn, x)
		return
	}
	defer e.recover()
	fn(x)
}

func (e *Event[T]) recover() {
	if p := recover(); p != nil {
		e.onPanic(&HandlerPanic{Event: e.name, Value: p, Stack: debug.Stack()})
	}
}
