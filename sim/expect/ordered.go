package expect

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// Ordered judges that each item is said, within its window, one after the other.
type Ordered struct {
	items []Item
	next  int // the first that has not come
	near  *sim.NearMisses
	early *sim.Seen // the latest message like the item after next: too early
}

// NewOrdered makes the judge of a list.
func NewOrdered(items []Item) *Ordered {
	j := &Ordered{items: items}
	j.begin()
	return j
}

// begin begins to wait for the next item.
func (j *Ordered) begin() {
	if j.next == len(j.items) {
		return
	}
	j.near = sim.NewNearMisses(j.items[j.next].Pattern)
	if j.early != nil {
		j.near.Add(*j.early, "it came before its turn")
		j.early = nil
	}
}

// Hear is Judge's.
func (j *Ordered) Hear(s *match.Subject) {
	if j.next == len(j.items) {
		return
	}
	if j.items[j.next].holds(s, j.near) {
		j.next++
		j.begin()
		if j.next < len(j.items) && j.items[j.next].Pattern.Match(s) {
			j.near.Add(sim.SeenOf(s), "it stands for the item before")
		}
		return
	}
	if after := j.next + 1; after < len(j.items) && j.items[after].Pattern.Match(s) {
		seen := sim.SeenOf(s)
		j.early = &seen
	}
}

// Verdict is Judge's.
func (j *Ordered) Verdict(end time.Duration) []Failure {
	if j.next == len(j.items) {
		return nil
	}
	f := j.items[j.next].missing("ordered", end, j.near)
	if j.next > 0 {
		f.Message += fmt.Sprintf(" after the %d before it", j.next)
	}
	return []Failure{{Failure: f, Item: j.next}}
}
