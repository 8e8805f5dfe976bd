package problems

import (
	"fmt"
	"time"
)

// What goes wrong a thousand times must not push everything else out of a store.
const (
	quotaMost = 10
	quotaPer  = time.Minute
)

// Quota lets ten problems of one kind be told in a minute. The zero value has
// counted none. It is for one goroutine at a time.
type Quota struct {
	count int
	until time.Duration // up to when they are counted
}

// Take asks to tell a problem at an instant, and returns its details; those of the
// tenth say that further ones are left out. False: it is one of these.
func (q *Quota) Take(now time.Duration, details string) (told string, ok bool) {
	if q.until <= now {
		q.count, q.until = 0, now+quotaPer
	}
	q.count++
	if q.count == quotaMost {
		details += fmt.Sprintf("\nfurther ones are not told of for %v", q.until-now)
	}
	return details, q.count <= quotaMost
}
