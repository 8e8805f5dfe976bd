package reupload

import "fmt"

// Kind is what has happened to a reupload.
type Kind uint8

// The kinds.
const (
	Started   Kind = iota + 1
	Completed      // everything has left
	Cleared        // the bookkeeping was dropped
)

func (k Kind) String() string {
	switch k {
	case Started:
		return "started"
	case Completed:
		return "completed"
	case Cleared:
		return "cleared"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is what observers are told: how much was in flight and how much waited,
// when a reupload had started and before one was cleared; zero when it is
// completed.
type Event struct {
	Kind              Kind
	InFlight, Waiting int
}

func (e Event) String() string {
	return fmt.Sprintf("reupload %v: %d in flight, %d waiting", e.Kind, e.InFlight, e.Waiting)
}

func (r *Reupload) event(kind Kind) Event {
	return Event{Kind: kind, InFlight: r.inFlight, Waiting: r.Waiting()}
}

func (r *Reupload) tell(e Event) {
	for _, observe := range r.observers {
		observe(e)
	}
}
