package deck

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// How long and how much may wait for the retained state at the head of a part.
const (
	headWait  = 2 * time.Second
	headBytes = 16 << 20
)

// head holds back what is said while the retained state of a new part comes in.
type head struct {
	open    bool
	began   time.Time
	waiting []*Source // whose retained state is not complete
	held    []entry
	bytes   int
}

// begin waits for all sources.
func (h *head) begin(sources []*Source) {
	h.open, h.began, h.bytes = len(sources) > 0, time.Now(), 0
	h.waiting = append(h.waiting[:0], sources...)
}

// holds reports whether an entry has to wait, and keeps it then. Retained state
// does not wait, but is no later than what does.
func (h *head) holds(e *entry) bool {
	switch {
	case !h.open:
		return false
	case e.kind == entryHeadDone:
		h.waiting = slices.DeleteFunc(h.waiting, func(s *Source) bool { return s == e.src })
		return false
	case e.kind == entryRecord && e.rec.Kind == recorder.KindSnapshot:
		if len(h.held) > 0 {
			e.at = h.held[0].at
		}
		return false
	}
	h.held = append(h.held, *e)
	h.bytes += e.size()
	return true
}

func (h *head) full() bool { return h.bytes > headBytes }

func (h *head) complete() bool { return h.open && len(h.waiting) == 0 }

func (h *head) late(now time.Time) bool { return h.open && now.Sub(h.began) > headWait }

// end returns what waited.
func (h *head) end() []entry {
	out := h.held
	h.open, h.held, h.bytes = false, nil, 0
	return out
}
