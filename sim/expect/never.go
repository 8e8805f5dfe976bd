package expect

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// Never judges that nothing like an item is said.
type Never struct {
	item  Item
	found []sim.Seen
	count int
}

// NewNever makes the judge of one item.
func NewNever(item Item) *Never { return &Never{item: item} }

// Hear is Judge's.
func (j *Never) Hear(s *match.Subject) {
	if !j.item.Between.Has(s.At) || !j.item.Pattern.Match(s) {
		return
	}
	if j.count++; len(j.found) < Told {
		j.found = append(j.found, sim.SeenOf(s))
	}
}

// Verdict is Judge's.
func (j *Never) Verdict(time.Duration) []Failure {
	if j.count == 0 {
		return nil
	}
	f := &sim.Failure{
		Kind: "never", At: j.found[0].At, Topic: j.item.Pattern.Topic,
		Message: fmt.Sprintf("a message like %s came at %v%s, and never must%s", j.item.Pattern, j.found[0].At, more(j.count-1), j.item.Between),
	}
	for _, s := range j.found {
		f.Details = append(f.Details, s.String())
	}
	return []Failure{{Failure: f}}
}

func more(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (and once more)"
	}
	return fmt.Sprintf(" (and %d times more)", n)
}
