package expect

import (
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/match"
)

// Unordered judges that each item is said, within its window; no message stands
// for two of them.
type Unordered struct {
	items []Item
	by    []int   // which message stands for each item; -1: none so far
	fits  [][]int // the items that each message of by fits
	near  []*sim.NearMisses
}

// NewUnordered makes the judge of a list.
func NewUnordered(items []Item) *Unordered {
	j := &Unordered{items: items, by: make([]int, len(items)), near: make([]*sim.NearMisses, len(items))}
	for i := range items {
		j.by[i], j.near[i] = -1, sim.NewNearMisses(items[i].Pattern)
	}
	return j
}

// Hear is Judge's.
func (j *Unordered) Hear(s *match.Subject) {
	var fits []int
	for i := range j.items {
		if j.items[i].holds(s, j.near[i]) {
			fits = append(fits, i)
		}
	}
	if len(fits) == 0 {
		return
	}
	message := len(j.fits)
	j.fits = append(j.fits, fits)
	if !j.place(message, make([]bool, len(j.items))) {
		j.fits = j.fits[:message] // it can stand for nothing that is still open
	}
	for _, i := range fits {
		if j.by[i] < 0 {
			j.near[i].Add(sim.SeenOf(s), "it stands for another item")
		}
	}
}

// place lets a message stand for one of the items it fits, if need be by moving
// the message that stands for it to another (an augmenting path).
func (j *Unordered) place(message int, tried []bool) bool {
	for _, i := range j.fits[message] {
		if tried[i] {
			continue
		}
		tried[i] = true
		if j.by[i] < 0 || j.place(j.by[i], tried) {
			j.by[i] = message
			return true
		}
	}
	return false
}

// Verdict is Judge's.
func (j *Unordered) Verdict(end time.Duration) (failures []Failure) {
	for i := range j.items {
		if j.by[i] < 0 {
			failures = append(failures, Failure{Failure: j.items[i].missing("unordered", end, j.near[i]), Item: i})
		}
	}
	return failures
}
