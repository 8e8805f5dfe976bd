package event

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hubtape/hubtape/core/loop"
)

// Bus finds events by name. A name gets its event, and the type that event
// carries, when it is first registered, waited for or asked for; it keeps both.
// Of gives the event itself, with a type; the methods are for events that carry
// Data. Safe from any goroutine, but for Wait and EmitAfter. Make it with
// NewBus.
//
// Where the names are known when the program is written, a variable for each
// event is better: opened.Emit(door) is checked by the compiler.
type Bus struct {
	loop   *loop.Loop
	o      Options
	events atomic.Pointer[map[string]named] // never changed, only replaced
}

// named is an Event without its type.
type named interface {
	Handlers() int
	Clear() int
	carries() reflect.Type
}

// NewBus makes a bus whose events have the loop as their home. The options are
// those of its events; with a Name the event "opened" is called "Name/opened" in
// errors and stalled runs.
func NewBus(l *loop.Loop, o Options) *Bus {
	b := &Bus{loop: l, o: o}
	b.events.Store(&map[string]named{})
	return b
}

// TypeError says that an event carries something else than it was asked for
// with.
type TypeError struct {
	Name       string
	Have, Want reflect.Type // what it carries, what it was asked for with
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("event %q carries %v, not %v: use it with the type of its first use, or another name", e.Name, e.Have, e.Want)
}

// Of returns the bus's event of that name, which it makes at first use. A name
// whose event carries another type is a *TypeError.
func Of[T any](b *Bus, name string) (*Event[T], error) {
	for {
		events := b.events.Load()
		if known, ok := (*events)[name]; ok {
			return typed[T](name, known)
		}
		more := maps.Clone(*events)
		made := New[T](b.loop, b.optionsOf(name))
		more[name] = made
		if b.events.CompareAndSwap(events, &more) {
			return made, nil
		}
	}
}

func typed[T any](name string, known named) (*Event[T], error) {
	if e, ok := known.(*Event[T]); ok {
		return e, nil
	}
	return nil, &TypeError{Name: name, Have: known.carries(), Want: reflect.TypeFor[T]()}
}

func (e *Event[T]) carries() reflect.Type { return reflect.TypeFor[T]() }

func (b *Bus) optionsOf(name string) Options {
	o := b.o
	if o.Name != "" {
		name = o.Name + "/" + name
	}
	o.Name = name
	return o
}

// On registers fn for every emit of the name. See Event.On, and Of for errors.
func (b *Bus) On(name string, fn func(Data)) (*Token, error) {
	return b.Handle(name, Handler[Data]{Func: fn})
}

// Once registers fn for the next emit of the name only.
func (b *Bus) Once(name string, fn func(Data)) (*Token, error) {
	return b.Handle(name, Handler[Data]{Func: fn, Once: true})
}

// Handle registers a handler for the name; On and Once are short for it.
func (b *Bus) Handle(name string, h Handler[Data]) (*Token, error) {
	if h.Func == nil {
		return nil, fmt.Errorf("event %q: %w", b.optionsOf(name).Name, ErrNilHandler)
	}
	e, err := Of[Data](b, name)
	if err != nil {
		return nil, err
	}
	return e.Handle(h)
}

// Emit emits the name with arguments by position; see Event.Emit. A name that
// nobody has used does nothing. The error is the *TypeError of a name whose
// event carries no Data.
func (b *Bus) Emit(name string, args ...any) error { return b.EmitData(name, Data{Args: args}) }

// EmitData is Emit with all of the data given.
func (b *Bus) EmitData(name string, d Data) error {
	known, ok := (*b.events.Load())[name]
	if !ok {
		return nil
	}
	e, err := typed[Data](name, known)
	if err != nil {
		return err
	}
	e.Emit(d)
	return nil
}

// EmitAfter emits the name once, after d; see Event.EmitAfter, and Of for
// errors.
func (b *Bus) EmitAfter(d time.Duration, name string, args ...any) (*loop.Timer, error) {
	e, err := Of[Data](b, name)
	if err != nil {
		return nil, err
	}
	return e.EmitAfter(d, Data{Args: args}), nil
}

// Wait returns the data of the first emit of the name after the wait began; see
// Event.Wait, and Of for errors.
func (b *Bus) Wait(name string, until time.Duration) (Data, error) {
	e, err := Of[Data](b, name)
	if err != nil {
		return Data{}, err
	}
	return e.Wait(until)
}

// Off removes every handler of the name, whatever its event carries, and returns
// how many there were.
func (b *Bus) Off(name string) int {
	if e, ok := (*b.events.Load())[name]; ok {
		return e.Clear()
	}
	return 0
}

// OffFunc removes fn from every name, and returns how often it was registered;
// see Event.Off for what makes two functions the same.
func (b *Bus) OffFunc(fn func(Data)) (removed int) {
	events := *b.events.Load()
	for _, name := range slices.Sorted(maps.Keys(events)) {
		if e, ok := events[name].(*Event[Data]); ok {
			removed += e.Off(fn)
		}
	}
	return removed
}

// Names are the names that have handlers, sorted.
func (b *Bus) Names() []string {
	events := *b.events.Load()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(events)), func(name string) bool { return events[name].Handlers() == 0 })
}
