package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar draws how far long work is, on a terminal. It shows itself only when the
// work takes more than a moment.
type bar struct {
	out   io.Writer // nil: not a terminal
	what  string
	began time.Time
	drawn time.Time
}

// When a bar shows itself first, and how often it is drawn.
const (
	barAfter = 300 * time.Millisecond
	barEvery = 100 * time.Millisecond
	barWidth = 30
)

func (a *app) newBar(what string) *bar {
	b := &bar{what: what, began: time.Now()}
	if a.Terminal {
		b.out = a.Err
	}
	return b
}

// at says how far the work is.
func (b *bar) at(done, total uint64) {
	if b.out == nil || total == 0 {
		return
	}
	now := time.Now()
	if now.Sub(b.began) < barAfter || now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn = now
	fmt.Fprint(b.out, "\r\x1b[K"+barText(b.what, done, total, now.Sub(b.began)))
}

// barText is a bar with how far it is and how long the rest will take.
func barText(what string, done, total uint64, spent time.Duration) string {
	part := min(float64(done)/float64(total), 1)
	full := int(part * barWidth)
	left := ""
	if part > 0 {
		left = ", " + elapsed(time.Duration(float64(spent)*(1-part)/part)) + " left"
	}
	return fmt.Sprintf("%s %s%s %3.0f %%%s", what, strings.Repeat("█", full), strings.Repeat("░", barWidth-full), 100*part, left)
}

// end takes the bar off the screen.
func (b *bar) end() {
	if b.out != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
