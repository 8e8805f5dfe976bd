package eventstore

import "slices"

// entry is a stored event.
type entry struct {
	id   string
	size int64
	at   int64  // what orders it: the time in its file's name (ns since 1970), or its key
	path string // where its file is, below the folder; Files only
	gone bool   // no longer stored
}

// index is what is stored, in the order it was persisted.
type index struct {
	order []*entry // with those gone, until there are too many
	first int      // all before are gone
	byID  map[string]*entry
	bytes int64
	floor int64 // what is new is ordered behind it, whatever is pending
}

func newIndex() *index { return &index{byID: map[string]*entry{}, floor: -1} }

func (x *index) len() int { return len(x.byID) }

func (x *index) get(id string) *entry { return x.byID[id] }

// add puts an entry last. There must be none of its id.
func (x *index) add(e *entry) {
	x.order = append(x.order, e)
	x.byID[e.id] = e
	x.bytes += e.size
}

func (x *index) remove(e *entry) {
	e.gone = true
	delete(x.byID, e.id)
	x.bytes -= e.size
	for x.first < len(x.order) && x.order[x.first].gone {
		x.first++
	}
}

// revive takes a remove back.
func (x *index) revive(e *entry) {
	e.gone = false
	x.byID[e.id] = e
	x.bytes += e.size
	x.first = 0
}

// tidy lets go of entries that are gone, when they are the most.
func (x *index) tidy() {
	if len(x.order) > 2*len(x.byID)+64 {
		x.order = slices.DeleteFunc(x.order, func(e *entry) bool { return e.gone })
		x.first = 0
	}
}

// last is what orders the newest entry; the floor when there is none above it.
func (x *index) last() int64 {
	for _, e := range slices.Backward(x.order[x.first:]) {
		if !e.gone {
			return max(e.at, x.floor)
		}
	}
	return x.floor
}

func (x *index) ids() []string {
	ids := make([]string, 0, len(x.byID))
	for _, e := range x.order[x.first:] {
		if !e.gone {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// victims are the oldest entries without which size more bytes fit below
// bytesMax, when replaced (nil: none) goes too.
func (x *index) victims(size, bytesMax int64, replaced *entry) (out []*entry) {
	total := x.bytes + size
	if replaced != nil {
		total -= replaced.size
	}
	for _, e := range x.order[x.first:] {
		if total <= bytesMax {
			break
		}
		if !e.gone && e != replaced {
			out = append(out, e)
			total -= e.size
		}
	}
	return out
}
