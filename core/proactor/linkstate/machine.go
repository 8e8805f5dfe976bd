package linkstate

import (
	"errors"
	"fmt"
)

// InputError says that an input is not legal in the state that a link is in.
// The link has kept its state.
type InputError struct {
	Link  string
	State State
	Input Input
}

func (e *InputError) Error() string {
	return fmt.Sprintf("link %q takes no %v while it is %v: the input was ignored", e.Link, e.Input, e.State)
}

// ErrObserving is returned to an observer that applies an input: the observers
// after it would hear of its transition before they hear of the first. Post
// what is to follow from a transition, or do it where Apply returns.
var ErrObserving = errors.New("an observer must not change a link")

// Machine is the state of one link. Make it with New, or with Links.Add.
type Machine struct {
	link     string
	state    State
	audience *audience
}

// New makes the machine of a link, which is not started. The observers hear of
// each legal transition, in the order given, after the state has changed and
// before Apply returns. One that panics keeps those after it from hearing.
func New(link string, observers ...func(Transition)) *Machine {
	return &Machine{link: link, audience: &audience{observers: observers}}
}

// Link is the name of the link.
func (m *Machine) Link() string { return m.link }

// State is where the link stands.
func (m *Machine) State() State { return m.state }

// Apply moves the link and says how, or returns an *InputError, or ErrObserving
// wrapped, and the zero Transition, and changes nothing. A legal input
// allocates nothing.
func (m *Machine) Apply(in Input) (Transition, error) {
	if m.audience.listening {
		return Transition{}, fmt.Errorf("link %q, %v: %w", m.link, in, ErrObserving)
	}
	to, legal := Next(m.state, in)
	if !legal {
		return Transition{}, &InputError{Link: m.link, State: m.state, Input: in}
	}
	t := Transition{Link: m.link, Input: in, Old: m.state, New: to}
	m.state = to
	m.audience.tell(t)
	return t, nil
}

// audience is who hears of the transitions of one machine, or of all that Links
// has.
type audience struct {
	observers []func(Transition)
	listening bool
}

func (a *audience) tell(t Transition) {
	if len(a.observers) == 0 {
		return
	}
	a.listening = true
	defer func() { a.listening = false }() // also when an observer panics
	for _, observe := range a.observers {
		observe(t)
	}
}
