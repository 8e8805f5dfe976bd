package linkstate

import (
	"errors"
	"fmt"
	"slices"
)

// What Add and Get return, wrapped with the name of the link.
var (
	ErrExists  = errors.New("there is a link of that name: give each link its own")
	ErrMissing = errors.New("there is no such link: add it first")
	ErrRole    = errors.New("another link has that role: at most one is upstream, and one downstream")
	ErrInvalid = errors.New("a link needs a name, and is plain, upstream or downstream")
)

// Role is what a link is for. A link has one role, so none is both upstream and
// downstream.
type Role uint8

// The roles.
const (
	Plain      Role = iota // any further link
	Upstream               // to where events are sent and stored until they are acknowledged; at most one
	Downstream             // to whom this side is upstream, its primary peer; at most one

	roles = iota
)

// Links is all links of one side, in the order they were added. Make it with
// NewLinks.
type Links struct {
	machines []*Machine
	byName   map[string]*Machine
	byRole   [roles]*Machine
	audience *audience
}

// NewLinks makes an empty collection. The observers hear of the transitions of
// all its links, as in New.
func NewLinks(observers ...func(Transition)) *Links {
	return &Links{byName: map[string]*Machine{}, audience: &audience{observers: observers}}
}

// Add makes the machine of another link. A name that is taken is ErrExists, a
// role that another link has ErrRole, an empty name or an unknown role
// ErrInvalid; then nothing is added.
func (l *Links) Add(link string, role Role) (*Machine, error) {
	if err := l.refuse(link, role); err != nil {
		return nil, fmt.Errorf("add link %q: %w", link, err)
	}
	m := &Machine{link: link, audience: l.audience}
	l.machines = append(l.machines, m)
	l.byName[link] = m
	l.byRole[role] = m
	return m, nil
}

func (l *Links) refuse(link string, role Role) error {
	switch {
	case link == "" || role >= roles:
		return ErrInvalid
	case l.byName[link] != nil:
		return ErrExists
	case role != Plain && l.byRole[role] != nil:
		return ErrRole
	}
	return nil
}

// Get returns the machine of a link, or ErrMissing.
func (l *Links) Get(link string) (*Machine, error) {
	if m, ok := l.byName[link]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("link %q: %w", link, ErrMissing)
}

// Lookup returns the machine of a link, if there is one.
func (l *Links) Lookup(link string) (*Machine, bool) {
	m, ok := l.byName[link]
	return m, ok
}

// State is where a link stands, if there is one.
func (l *Links) State(link string) (State, bool) {
	m, ok := l.byName[link]
	if !ok {
		return NotStarted, false
	}
	return m.state, true
}

// Stopped reports whether there is such a link and it is stopped.
func (l *Links) Stopped(link string) bool {
	state, _ := l.State(link)
	return state == Stopped
}

// Upstream is the link upstream, if there is one.
func (l *Links) Upstream() (*Machine, bool) { return l.inRole(Upstream) }

// Downstream is the link to the primary peer, if there is one.
func (l *Links) Downstream() (*Machine, bool) { return l.inRole(Downstream) }

func (l *Links) inRole(role Role) (*Machine, bool) { return l.byRole[role], l.byRole[role] != nil }

// All returns the machines in the order they were added; the slice is the
// caller's.
func (l *Links) All() []*Machine { return slices.Clone(l.machines) }

// StartAll starts every link, also after one could not be, and joins the errors,
// one a link: a link can be started once.
func (l *Links) StartAll() error { return l.applyAll(StartCalled) }

// StopAll stops every link, also after one could not be, and joins the errors.
// A link can be stopped in any state, so all are stopped unless an observer
// asks.
func (l *Links) StopAll() error { return l.applyAll(StopCalled) }

func (l *Links) applyAll(in Input) error {
	var failed []error
	for _, m := range l.machines {
		_, err := m.Apply(in)
		failed = append(failed, err)
	}
	return errors.Join(failed...) // leaves out the nil ones
}
