package expect

import (
	"fmt"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// nearest keeps the message that came nearest to an item.
type nearest struct {
	seen  sim.Seen
	score int
	any   bool
}

func (n *nearest) see(want *Item, s *match.Subject) {
	if n.any && s.Topic != want.Pattern.Topic { // closeness is slow: only where it may count
		return
	}
	if score := want.Pattern.Closeness(s); !n.any || score >= n.score {
		n.seen, n.score, n.any = sim.SeenOf(s), score, true
	}
}

func (n *nearest) failure(kind string, want *Item) *sim.Failure {
	f := &sim.Failure{Kind: kind, Topic: want.Pattern.Topic, Message: fmt.Sprintf("no message like %s came%s", want.Pattern, want.Between)}
	if !n.any {
		return f
	}
	f.At = n.seen.At
	f.Details = append(f.Details, "the nearest: "+n.seen.String())
	var s match.Subject
	s.Set(n.seen.Message, n.seen.Client, n.seen.Source, n.seen.At)
	reasons := want.Pattern.Explain(&s)
	if len(reasons) == 0 {
		reasons = []string{fmt.Sprintf("it came at %v, or stands for another item", s.At)}
	}
	f.Details = append(f.Details, reasons...)
	return f
}
