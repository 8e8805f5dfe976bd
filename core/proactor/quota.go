package proactor

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core/proactor/events"
)

// What goes wrong a thousand times must not push everything else out of the store.
const (
	problemsMost = 10
	problemsPer  = time.Minute
)

// quota counts problems of one kind. The zero value has counted none.
type quota struct {
	told  int
	until time.Duration // up to when they are counted
}

// problemOf is Problem, if not too many of its kind were told.
func (p *Proactor) problemOf(kind *quota, s events.Severity, summary, details string) {
	now := p.env.Now()
	if kind.until <= now {
		kind.told, kind.until = 0, now+problemsPer
	}
	if kind.told++; kind.told > problemsMost {
		return
	}
	if kind.told == problemsMost {
		details += fmt.Sprintf("\nfurther ones are not told of for %v", kind.until-now)
	}
	p.Problem(s, summary, details)
}
