package stats

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NamesMax is how many names are counted each by itself: a peer that makes up ever
// new topics must not fill the memory. Those after it are counted as Others.
const NamesMax = 10_000

// Others is the name of all that came after NamesMax others.
const Others = "(others)"

// Counts counts by name. The zero value counts nothing yet.
type Counts struct {
	by    map[string]int
	total int
}

// add counts one more.
func (c *Counts) add(name string) {
	if c.by == nil {
		c.by = map[string]int{}
	}
	if _, known := c.by[name]; !known && len(c.by) >= NamesMax {
		name = Others
	}
	c.by[name]++
	c.total++
}

// Of is the count of a name; 0 for one that was never counted.
func (c *Counts) Of(name string) int { return c.by[name] }

// Total is the sum of all.
func (c *Counts) Total() int { return c.total }

// Names are those that were counted, sorted.
func (c *Counts) Names() []string { return slices.Sorted(maps.Keys(c.by)) }

// write adds a title and a line for each name.
func (c *Counts) write(b *strings.Builder, indent, title string) {
	fmt.Fprintf(b, "%s%s: %d\n", indent, title, c.total)
	for _, name := range c.Names() {
		fmt.Fprintf(b, "%s  %6d  %s\n", indent, c.by[name], name)
	}
}
