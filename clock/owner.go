package clock

import "sync/atomic"

// owner knows on which goroutine a runtime's work runs at this moment, so that
// a call from any other is noticed.
type owner struct{ goroutine atomic.Uintptr }

// nobody is the owner while one goroutine gives way to another that has not said
// yet who it is: every other one is elsewhere.
const nobody uintptr = 1

func (o *owner) set(goroutine uintptr) { o.goroutine.Store(goroutine) }
func (o *owner) clear()                { o.goroutine.Store(0) }

// here reports whether the calling goroutine runs the runtime's work; also where
// goroutines cannot be told apart.
func (o *owner) here() bool {
	g := goroutine()
	return g == 0 || g == o.goroutine.Load()
}

// is is here where goroutines can be told apart, and false where they cannot.
func (o *owner) is(goroutine uintptr) bool { return goroutine != 0 && goroutine == o.goroutine.Load() }

// elsewhere reports whether the calling goroutine is another than the one that
// runs the runtime's work. Nobody running it is not elsewhere.
func (o *owner) elsewhere() bool {
	at := o.goroutine.Load()
	return at != 0 && at != goroutine()
}
