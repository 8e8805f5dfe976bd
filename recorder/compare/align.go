package compare

import "math"

// What differences cost. A message that moved or changed is less than one that
// is missing and one that is extra.
const (
	costUnmatched = 2
	costUnlike    = 3
	costNever     = math.MaxInt32 / 2
)

// How much of a topic is aligned at once: so many messages of the side that has
// fewer of them, and of the other so many that there are not more pairs to look
// at than that. It takes a millisecond or two.
const (
	windowMost  = 256
	windowPairs = windowMost * windowMost
)

// window returns how many of each side are aligned, of those that there are.
func window(na, nb int) (a, b int) {
	if na > nb {
		b, a = window(nb, na)
		return a, b
	}
	a = min(na, windowMost)
	return a, min(nb, windowPairs/max(a, 1))
}

// step says what happens next in an alignment.
type step uint8

const (
	stepPair step = iota // the next of a with the next of b
	stepA                // the next of a has no partner
	stepB                // the next of b has none
)

// aligner finds the alignment that costs the least. It uses its memory again.
type aligner struct {
	costs []int32
	steps []step
}

// align aligns two lists: cost tells what a pair costs, and before whether the
// i-th of a is to be settled before the j-th of b, where neither has a partner.
func (l *aligner) align(na, nb int, cost func(i, j int) int32, before func(i, j int) bool) []step {
	width := nb + 1
	if need := (na + 1) * width; cap(l.costs) < need {
		l.costs = make([]int32, need)
	}
	at := l.costs[:(na+1)*width] // from i of a and j of b to the end
	for i := na; i >= 0; i-- {
		for j := nb; j >= 0; j-- {
			best := int32(costNever)
			if i == na && j == nb {
				best = 0
			}
			if i < na {
				best = min(best, at[(i+1)*width+j]+costUnmatched)
			}
			if j < nb {
				best = min(best, at[i*width+j+1]+costUnmatched)
			}
			if i < na && j < nb {
				best = min(best, at[(i+1)*width+j+1]+cost(i, j))
			}
			at[i*width+j] = best
		}
	}
	return l.walk(at, na, nb, cost, before)
}

// walk goes the cheapest way, and takes pairs first.
func (l *aligner) walk(at []int32, na, nb int, cost func(i, j int) int32, before func(i, j int) bool) []step {
	width := nb + 1
	steps := l.steps[:0]
	for i, j := 0, 0; i < na || j < nb; {
		best := at[i*width+j]
		aloneA := i < na && best == at[(i+1)*width+j]+costUnmatched
		aloneB := j < nb && best == at[i*width+j+1]+costUnmatched
		switch {
		case i < na && j < nb && best == at[(i+1)*width+j+1]+cost(i, j):
			steps = append(steps, stepPair)
			i, j = i+1, j+1
		case aloneA && (!aloneB || before(i, j)):
			steps = append(steps, stepA)
			i++
		default:
			steps = append(steps, stepB)
			j++
		}
	}
	l.steps = steps
	return steps
}
