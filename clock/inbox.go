package clock

import "sync"

// Inbox is a queue that any goroutine may put into and one task takes from. It
// wakes the taker at the first Put after the taker has found it empty, so that
// a busy taker costs no wake-ups. The zero value is not usable; make it with
// NewInbox.
type Inbox[T any] struct {
	wake  func()
	world *Virtual // nil: the taker is not in one
	mu    sync.Mutex
	ring  ring[T]
	eager bool // the taker has seen the inbox empty
}

// NewInbox makes an inbox that calls wake, a Signal's Set or an updater's
// Trigger, on the goroutine that puts; nil: whoever takes looks by itself. The
// runtime is the taker's: a Virtual one is told of puts from outside; nil is none.
func NewInbox[T any](rt Runtime, wake func()) *Inbox[T] {
	world, _ := rt.(*Virtual)
	return &Inbox[T]{wake: wake, world: world, eager: true}
}

// Put adds x at the end. Safe from any goroutine; about 20 ns, and no
// allocation in steady state.
func (b *Inbox[T]) Put(x T) {
	if b.world != nil && b.world.owner.elsewhere() {
		b.world.cameFromOutside("a goroutine outside put something into an inbox")
	}
	b.mu.Lock()
	b.ring.push(x)
	wake := b.eager
	b.eager = false
	b.mu.Unlock()
	if wake && b.wake != nil {
		b.wake()
	}
}

// Take removes the oldest; false: there is none. Safe from any goroutine; it is
// the last to find the inbox empty who is woken.
func (b *Inbox[T]) Take() (x T, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ring.size == 0 {
		b.eager = true
		return x, false
	}
	return b.ring.pop(), true
}

// Ready is how many are queued. A taker that sees zero is woken by the next
// Put.
func (b *Inbox[T]) Ready() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.eager = b.ring.size == 0
	return b.ring.size
}
