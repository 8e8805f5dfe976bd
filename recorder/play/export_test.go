package play

import "time"

// Percentile puts durations into a histogram and asks it.
func Percentile(list []int64, part float64) time.Duration {
	var h histogram
	for _, n := range list {
		h.add(time.Duration(n))
	}
	return h.percentile(part)
}
