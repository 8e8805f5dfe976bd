package clock

// generation tells a firing that still counts from one whose timer has been
// stopped or started since.
type generation struct {
	gen   uint32
	fired bool // fired, and not yet taken
}

func (g *generation) pending() bool { return g.fired }

func (g *generation) renew() {
	g.gen++
	g.fired = false
}

// firedList holds the timers that set a signal, in the order they fired.
type firedList[T any] struct {
	ring ring[firing[T]]
}

type firing[T any] struct {
	timer *T
	g     *generation
	gen   uint32
}

func (l *firedList[T]) push(t *T, g *generation) {
	g.fired = true
	l.ring.push(firing[T]{timer: t, g: g, gen: g.gen})
}

// pop returns the next timer whose firing still counts, or nil.
func (l *firedList[T]) pop() *T {
	for l.ring.size > 0 {
		if f := l.ring.pop(); f.g.gen == f.gen && f.g.fired {
			f.g.fired = false
			return f.timer
		}
	}
	return nil
}
