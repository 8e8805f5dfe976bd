package proactor

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/internal/didyoumean"
)

// Communicator takes messages that are for its name.
type Communicator interface {
	Name() string
	// Process is called on the loop. An error ends the proactor.
	Process(m Message) error
}

// Starter is a communicator with something to start. Start is called when the
// proactor starts, in the order in which communicators were added; it does not
// wait. An error ends the proactor.
type Starter interface{ Start() error }

// Ender is a communicator with something to end. End is called when the proactor
// stops, in the order in which communicators were added, also when others failed.
type Ender interface{ End() error }

// Factory makes the actor of a node. It is called before anything starts.
type Factory func(n layout.Node, p *Proactor) (Communicator, error)

// registry is the communicators, in the order they were added.
type registry struct {
	list  []Communicator
	index map[string]Communicator // only looked up in
}

func (r *registry) byName(name string) (Communicator, bool) {
	c, ok := r.index[name]
	return c, ok
}

// Add adds a communicator, before the start. Its name must be its own.
func (p *Proactor) Add(c Communicator) error {
	name := c.Name()
	switch _, taken := p.members.byName(name); {
	case p.running:
		return fmt.Errorf("communicator %q: %w", name, ErrStarted)
	case name == "":
		return fmt.Errorf("%w: a communicator needs a name", ErrOptions)
	case taken:
		return fmt.Errorf("%w: there is a communicator %q already", ErrOptions, name)
	}
	if p.members.index == nil {
		p.members.index = map[string]Communicator{}
	}
	p.members.list = append(p.members.list, c)
	p.members.index[name] = c
	return nil
}

// Communicator returns one by its name.
func (p *Proactor) Communicator(name string) (Communicator, bool) { return p.members.byName(name) }

// makeActors makes the actors of the layout, and tells of all that cannot be made.
func (p *Proactor) makeActors() error {
	var faults []error
	for _, n := range p.o.Layout.Nodes() {
		if !n.HasActor() {
			continue
		}
		if err := guarded(func() error { return p.makeActor(n) }); err != nil {
			faults = append(faults, fmt.Errorf("node %q (line %d of the layout): %w", n.Name, n.Line, err))
		}
	}
	return errors.Join(faults...)
}

func (p *Proactor) makeActor(n layout.Node) error {
	make, ok := p.o.Actors[n.ActorClass]
	if !ok {
		return fmt.Errorf("%w: there is no factory of actor class %q in Options.Actors%s",
			ErrOptions, n.ActorClass, didyoumean.Suffix(n.ActorClass, sortedKeys(p.o.Actors)))
	}
	c, err := make(n, p)
	switch {
	case err != nil:
		return err
	case c == nil:
		return fmt.Errorf("%w: the factory of actor class %q made no actor", ErrOptions, n.ActorClass)
	case c.Name() != n.Name:
		return fmt.Errorf("%w: its actor is called %q: it has to have the node's name", ErrOptions, c.Name())
	}
	return p.Add(c)
}

// start starts the communicators, up to the first that fails.
func (r *registry) start() error {
	for _, c := range r.list {
		if s, ok := c.(Starter); ok {
			if err := guarded(s.Start); err != nil {
				return fmt.Errorf("start %q: %w", c.Name(), err)
			}
		}
	}
	return nil
}

// stop ends all of them, and logs what fails.
func (r *registry) stop(log *slog.Logger) {
	for _, c := range r.list {
		if e, ok := c.(Ender); ok {
			if err := guarded(e.End); err != nil {
				log.Error("end "+c.Name(), "error", err)
			}
		}
	}
}
