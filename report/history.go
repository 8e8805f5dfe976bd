package report

import (
	"time"
)

// EventKind says what an event is.
type EventKind byte

// The kinds of events. Numbers are part of a page's data.
const (
	Message    EventKind = iota // a message that the broker accepted
	Will                        // one that a client had left as its will
	Snapshot                    // a message that was retained before the run, or before the recording
	Connect                     // Client has connected
	Disconnect                  // Client has gone; Text says why
	Subscribe                   // Client has subscribed to Topic, a filter
	Drop                        // a message that did not reach somebody; Text says who and why
	Fault                       // something was made to go wrong; Text says what
	Note                        // anything else; Text says what
)

// Event is something that happened at one instant.
type Event struct {
	At      time.Duration // virtual time since the start, or tape time
	Kind    EventKind
	Client  string // client id, "" when not known
	Source  string // tape, scenario, device, app, apps.NAME; "" when not known
	Topic   string
	Payload []byte // not changed once it is here
	QoS     byte
	Retain  bool
	Text    string // for people; "" for messages
}

// SpanKind says what a span is.
type SpanKind string

// The kinds of spans.
const (
	StepSpan        SpanKind = "step"        // of a scenario
	ExpectationSpan SpanKind = "expectation" // the window of one that is judged at the end
	FaultSpan       SpanKind = "fault"       // something went wrong for a while
	GapSpan         SpanKind = "gap"         // the recorder heard nothing
)

// Span is something that lasted.
type Span struct {
	Kind     SpanKind
	From, To time.Duration // both ends count; they may be equal
	Label    string        // a word: route_until, never, ordered, offline, …
	Text     string        // the whole of it, on one line
	Topic    string        // a filter of the messages it is about; "" for none
	Line     int           // in the scenario file; 0: none
	Failed   bool
}

// DefaultLimit is how many events a History keeps unless told otherwise.
const DefaultLimit = 400_000

// History gathers what happens in a run. The zero value is ready. It belongs to
// one goroutine at a time.
//
// It is bounded: of a run with more events than Limit it keeps the first half of
// them and the last.
type History struct {
	Limit int // events; 0: DefaultLimit
	Spans []Span

	first []Event
	last  []Event // a ring, once it is full
	next  int     // where the ring goes on
	count int     // of all events
}

// Add adds an event; events come in the order of time.
func (h *History) Add(e Event) {
	h.count++
	half := h.limit() / 2
	switch {
	case len(h.first) < half:
		h.first = append(h.first, e)
	case len(h.last) < half:
		h.last = append(h.last, e)
	default:
		h.last[h.next] = e
		h.next = (h.next + 1) % half
	}
}

func (h *History) limit() int {
	if h.Limit <= 0 {
		return DefaultLimit
	}
	return max(h.Limit, 2)
}

// Count is how many events there were, also those that are not kept.
func (h *History) Count() int { return h.count }

// end is when the last event was; 0 without one.
func (h *History) end() time.Duration {
	switch {
	case len(h.last) > 0:
		return h.last[(h.next+len(h.last)-1)%len(h.last)].At
	case len(h.first) > 0:
		return h.first[len(h.first)-1].At
	}
	return 0
}

// Events returns those that are kept, in order, and how many are left out after
// the first head of them.
func (h *History) Events() (events []Event, head, omitted int) {
	events = make([]Event, 0, len(h.first)+len(h.last))
	events = append(events, h.first...)
	events = append(events, h.last[h.next:]...)
	events = append(events, h.last[:h.next]...)
	return events, len(h.first), h.count - len(events)
}
