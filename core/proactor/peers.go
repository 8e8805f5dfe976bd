package proactor

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/links"
)

// received queues a peer's message. Where too much waits it is dropped: it is not
// acknowledged, so what matters to the peer comes again.
func (p *Proactor) received(from *links.Link, m codec.Message) {
	waiting := p.queue.Ready()
	switch {
	case waiting >= p.o.BacklogMax:
		p.flood(from, waiting)
		return
	case waiting <= p.o.BacklogMax/2:
		p.flooded = false
	}
	p.queue.Put(Message{Message: m, From: from, held: new(bool)})
}

// flood tells that messages are dropped, once until fewer wait.
func (p *Proactor) flood(from *links.Link, waiting int) {
	if p.flooded {
		return
	}
	p.flooded = true
	p.problemOf(&p.told.floods, events.Error, "messages of peers are dropped",
		fmt.Sprintf("%d messages wait to be processed; the latest came over link %q. Those that need an ack come again.", waiting, from.Name()))
}

// goesUp reports whether a message came from below, and there is somebody above.
func (p *Proactor) goesUp(m *Message) bool {
	up := p.links.Upstream()
	return up != nil && m.From != nil && m.From != up
}

// passOn lets an event of a peer downstream go upstream, with its own id and
// source (GW-069). An application that wants to see it has a handler of its type
// and calls Links().Forward itself.
func (p *Proactor) passOn(m *Message, e events.Event) error {
	*m.held = true // it is acknowledged when it is stored here
	if err := m.From.Relay(m.Message); err != nil {
		m.From.Done(m.Message) // or it would come again without end
		p.problemOf(&p.told.notPassedOn, events.Warning, "an event cannot be passed on", fmt.Sprintf("from %s, id %q: %v", m.Src, e.Head().MessageID, err))
	}
	return nil
}

// Publish sends a message to the peer of a link; see links.Link.Send.
func (p *Proactor) Publish(link string, m links.Outgoing) error {
	if p.links == nil {
		return fmt.Errorf("publish %T to link %q: %w", m.Payload, link, ErrRunning)
	}
	to, err := p.links.Get(link)
	if err != nil {
		return err
	}
	return to.Send(m)
}
