package event

import (
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
)

// delivery is one emit to one loop. It is posted by itself, with a function made
// once, and used again: so an emit has its own place in the loop's queue, and
// costs no allocation.
type delivery[T any] struct {
	event *Event[T]
	call  func() // run
	loop  *loop.Loop
	calls []func(T)
	done  int // how many of the calls were made
	x     T
}

func (e *Event[T]) post(g *group[T], x T) {
	d, ok := e.deliveries.Take()
	if !ok {
		d = &delivery[T]{event: e}
		d.call = d.run
	}
	d.loop, d.calls, d.x = g.loop, g.calls, x
	g.loop.Post(d.call)
}

// run calls the handlers, on the loop's task.
func (d *delivery[T]) run() {
	defer d.end()
	for d.done < len(d.calls) {
		fn := d.calls[d.done]
		d.done++
		d.event.call(d.loop, fn, d.x)
	}
}

// end puts the delivery away. When a panic comes by, which nobody takes, it
// makes the other calls first. The first panic is the one that goes on. A task
// that is unwound makes no more calls.
func (d *delivery[T]) end() {
	if p := recover(); p != nil {
		defer panic(p)
		d.run()
		return
	}
	if d.done < len(d.calls) {
		return
	}
	var none T
	d.loop, d.calls, d.done, d.x = nil, nil, 0, none
	if d.event.deliveries.Ready() < pooled {
		d.event.deliveries.Put(d)
	}
}

// pooled is how many deliveries an event keeps for later. A burst of more gives
// its memory back.
const pooled = 1024

// newPool makes a queue of what can be used again. Nobody waits for it, so any
// goroutine may take.
func newPool[X any]() *clock.Inbox[X] { return clock.NewInbox[X](nil, nil) }
