package event

import (
	"slices"

	"github.com/hubtape/hubtape/core/loop"
)

// roster is who is told of the next emit. It never changes: registering and
// removing put another in its place, so that whoever holds one needs no lock.
type roster[T any] struct {
	handlers []*handler[T] // in the order they were registered
	groups   []group[T]    // the same by loop
	waiters  []*waiter[T]  // in the order they began to wait
	rest     *roster[T]    // what the next emit leaves; nil: everything
}

// group is what one loop has to call.
type group[T any] struct {
	loop  *loop.Loop
	calls []func(T)
}

func newRoster[T any](handlers []*handler[T], waiters []*waiter[T]) *roster[T] {
	r := &roster[T]{handlers: handlers, groups: byLoop(handlers), waiters: waiters}
	lasting := slices.DeleteFunc(slices.Clone(handlers), func(h *handler[T]) bool { return h.once })
	switch {
	case len(lasting) < len(handlers):
		r.rest = newRoster(lasting, nil)
	case len(waiters) > 0:
		r.rest = &roster[T]{handlers: handlers, groups: r.groups}
	}
	return r
}

// byLoop groups handlers; the groups are in the order of their first handlers.
func byLoop[T any](handlers []*handler[T]) (groups []group[T]) {
	for _, h := range handlers {
		i := slices.IndexFunc(groups, func(g group[T]) bool { return g.loop == h.loop })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group[T]{loop: h.loop})
		}
		groups[i].calls = append(groups[i].calls, h.fn)
	}
	return groups
}

// with adds to what is there instead of grouping it anew, so that registering
// many handlers costs a copy of a slice each.
func (r *roster[T]) with(h *handler[T]) *roster[T] {
	now := &roster[T]{handlers: append(slices.Clip(r.handlers), h), groups: withCall(r.groups, h), waiters: r.waiters}
	lasting := r.rest // what the next emit leaves of the others
	if lasting == nil {
		lasting = r
	}
	switch {
	case h.once:
		now.rest = lasting
	case len(r.waiters) > 0 || r.rest != nil:
		now.rest = &roster[T]{handlers: append(slices.Clip(lasting.handlers), h), groups: withCall(lasting.groups, h)}
	}
	return now
}

func withCall[T any](groups []group[T], h *handler[T]) []group[T] {
	groups = slices.Clone(groups)
	for i := range groups {
		if groups[i].loop == h.loop {
			groups[i].calls = append(slices.Clip(groups[i].calls), h.fn)
			return groups
		}
	}
	return append(groups, group[T]{loop: h.loop, calls: []func(T){h.fn}})
}

func (r *roster[T]) without(drop func(*handler[T]) bool) *roster[T] {
	kept := slices.DeleteFunc(slices.Clone(r.handlers), drop)
	if len(kept) == len(r.handlers) {
		return r
	}
	return newRoster(kept, r.waiters)
}

// withWaiter shares the groups: waiting does not cost more where there are many
// handlers.
func (r *roster[T]) withWaiter(w *waiter[T]) *roster[T] {
	now := *r
	if now.waiters = w.alone; len(r.waiters) > 0 {
		now.waiters = append(slices.Clip(r.waiters), w)
	}
	if r.rest == nil {
		now.rest = r
	}
	return &now
}

func (r *roster[T]) withoutWaiter(w *waiter[T]) *roster[T] {
	i := slices.Index(r.waiters, w)
	if i < 0 {
		return r
	}
	now := *r
	now.waiters = slices.Delete(slices.Clone(r.waiters), i, i+1)
	if len(now.waiters) == 0 && len(r.rest.handlers) == len(r.handlers) {
		return r.rest
	}
	return &now
}
