package stats

import (
	"errors"
	"fmt"
	"strings"
)

// Returned by AddLink and Link, wrapped.
var (
	// ErrLinkExists: a link of that name was added before.
	ErrLinkExists = errors.New("the link is there already")
	// ErrNoLink: no link of that name was added.
	ErrNoLink = errors.New("there is no such link")
)

// Stats are the counts of a proactor. Make them with New.
type Stats struct {
	// Types counts messages by their type, also those that came over no link.
	Types Counts
	// Topics counts what links received, by topic.
	Topics Counts

	links []*Link
}

// Link has the counts of one link.
type Link struct {
	// Name is the link's.
	Name string
	// Types and Topics count what it received, by message type and by topic.
	Types, Topics Counts
	// CommEvents counts what happened to the link, by the event's type.
	CommEvents Counts
	// Timeouts is how many acks did not come in time.
	Timeouts int
	// ReuploadsStarted is how often stored events began to be sent again,
	// ReuploadsCompleted how often all of them were acked. One that is cut off
	// never completes.
	ReuploadsStarted, ReuploadsCompleted int

	all *Stats
}

// New counts nothing yet.
func New() *Stats { return &Stats{} }

// AddLink adds a link, once; else ErrLinkExists.
func (s *Stats) AddLink(name string) (*Link, error) {
	if _, err := s.Link(name); err == nil {
		return nil, fmt.Errorf("add link %q: %w", name, ErrLinkExists)
	}
	l := &Link{Name: name, all: s}
	s.links = append(s.links, l)
	return l, nil
}

// Link returns a link by its name, or ErrNoLink.
func (s *Stats) Link(name string) (*Link, error) {
	for _, l := range s.links {
		if l.Name == name {
			return l, nil
		}
	}
	return nil, fmt.Errorf("link %q: %w", name, ErrNoLink)
}

// Links returns all, as they were added.
func (s *Stats) Links() []*Link { return append([]*Link(nil), s.links...) }

// Message counts a message by its type, wherever it came from.
func (s *Stats) Message(messageType string) { s.Types.add(messageType) }

// Topic counts what came on a topic, before anybody knows what it is.
func (l *Link) Topic(topic string) {
	l.Topics.add(topic)
	l.all.Topics.add(topic)
}

// Received counts a message that was understood, by its type; the whole counts
// it when it is a Message.
func (l *Link) Received(messageType string) { l.Types.add(messageType) }

// CommEvent counts something that happened to the link.
func (l *Link) CommEvent(eventType string) { l.CommEvents.add(eventType) }

// eventMark is in the topic of each message that is an event.
const eventMark = "gridworks-event"

// Events is how many of the messages it received were events, by their topics.
func (l *Link) Events() (n int) {
	for _, topic := range l.Topics.Names() {
		if strings.Contains(topic, eventMark) {
			n += l.Topics.Of(topic)
		}
	}
	return n
}

// String has all counts, the names sorted and the links as they were added.
func (s *Stats) String() string {
	var b strings.Builder
	s.Types.write(&b, "", "messages by type")
	s.Topics.write(&b, "", "received by topic")
	for _, l := range s.links {
		fmt.Fprintf(&b, "link %s: %d received, %d events, %d timeouts, %d of %d reuploads completed\n",
			l.Name, l.Topics.Total(), l.Events(), l.Timeouts, l.ReuploadsCompleted, l.ReuploadsStarted)
		l.Types.write(&b, "  ", "by type")
		l.Topics.write(&b, "  ", "by topic")
		l.CommEvents.write(&b, "  ", "comm events")
	}
	return b.String()
}
