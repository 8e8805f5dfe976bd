package play

import (
	"math/bits"
	"time"
)

// Report says how a playing went, or goes.
type Report struct {
	Loop     int           // which time, from 1
	At       time.Duration // how far on the tape
	Until    time.Duration // where it ends
	Messages uint64        // handed to the broker, retained state included
	Retained uint64        // of them the retained state at the start
	Acked    uint64        // that the broker has taken: sent at QoS 0, acknowledged else
	Refused  uint64        // that it has not
	LateOnes uint64        // that were late
	Elapsed  time.Duration
	P50, P99 time.Duration // how late messages were, half and 99 % of them at most
	Worst    time.Duration
}

// Rate is how many messages a second.
func (r Report) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Messages) / r.Elapsed.Seconds()
}

// histogram counts durations in buckets that are 1/16 wide at most, so that a
// percentile is at most that much too high.
type histogram struct {
	buckets [(64 - sub + 1) << sub]uint64
	count   uint64
	worst   time.Duration
}

// sub is how many bits below the highest one a bucket tells apart.
const sub = 4

func bucket(n uint64) int {
	if n < 1<<sub {
		return int(n)
	}
	shift := bits.Len64(n) - sub - 1
	return (shift+1)<<sub + int(n>>shift) - 1<<sub
}

// top is the largest number in a bucket.
func top(b int) uint64 {
	if b < 1<<sub {
		return uint64(b)
	}
	shift := b>>sub - 1
	return (uint64(b&(1<<sub-1)+1<<sub)+1)<<shift - 1
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.buckets[bucket(uint64(d))]++
	h.count++
	h.worst = max(h.worst, d)
}

// percentile returns what that part of the durations does not exceed.
func (h *histogram) percentile(part float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	want := uint64(part * float64(h.count))
	for b, n := range h.buckets {
		if n > want {
			return min(time.Duration(top(b)), h.worst)
		}
		want -= n
	}
	return h.worst
}
