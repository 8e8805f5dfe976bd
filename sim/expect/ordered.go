package expect

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim/match"
)

// Ordered judges that each item is said, within its window, one after the other.
type Ordered struct {
	items   []Item
	next    int // the first that has not come
	nearest nearest
}

// NewOrdered makes the judge of a list.
func NewOrdered(items []Item) *Ordered { return &Ordered{items: items} }

// Hear is Judge's.
func (j *Ordered) Hear(s *match.Subject) {
	if j.next == len(j.items) {
		return
	}
	want := &j.items[j.next]
	if want.holds(s) {
		j.next++
		j.nearest = nearest{}
		return
	}
	j.nearest.see(want, s)
}

// Verdict is Judge's.
func (j *Ordered) Verdict(time.Duration) []Failure {
	if j.next == len(j.items) {
		return nil
	}
	f := j.nearest.failure("ordered", &j.items[j.next])
	if j.next > 0 {
		f.Message += fmt.Sprintf(" after the %d before it", j.next)
	}
	return []Failure{{Failure: f, Item: j.next}}
}
