package links_test

import (
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
)

// double is a store that goes wrong as a test says.
type double struct {
	*eventstore.Memory
	full    error             // what Persist returns
	stuck   error             // what Clear returns
	damaged map[string]error  // what Retrieve returns of an event
	altered map[string]string // what stands in place of an event
	gone    map[string]bool   // events that are there no more
	reading func()            // called before each Retrieve, as a task
	listing func()            // called after each Pending, as a task
	rt      clock.Runtime     // of those two
}

func (d *double) Apply(changes []eventstore.Change) (results []eventstore.Result) {
	for _, c := range changes {
		var r eventstore.Result
		switch {
		case c.Op == eventstore.OpPersist && d.full != nil:
			r.Err = d.full
		case c.Op == eventstore.OpClear && d.stuck != nil:
			r.Err = d.stuck
		default:
			r = d.Memory.Apply([]eventstore.Change{c})[0]
		}
		results = append(results, r)
	}
	return results
}

func (d *double) Retrieve(id string) ([]byte, bool, error) {
	if d.reading != nil {
		d.rt.Rejoin(d.reading)
	}
	switch {
	case d.damaged[id] != nil:
		return nil, true, d.damaged[id]
	case d.gone[id]:
		return nil, false, nil
	case d.altered[id] != "":
		return []byte(d.altered[id]), true, nil
	}
	return d.Memory.Retrieve(id)
}

func (d *double) Pending() []string {
	ids := d.Memory.Pending()
	if d.listing != nil {
		d.rt.Rejoin(d.listing)
	}
	return ids
}
