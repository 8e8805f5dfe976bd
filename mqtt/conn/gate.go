package conn

import "sync"

const (
	// aheadMessages is how many messages may have been read that OnMessage has
	// not yet returned from, and our Receive Maximum: a broker that keeps to it
	// never fills more than this, and with less it would stand still between the
	// rounds of acknowledgements on a slow line.
	aheadMessages = 1000
	// aheadBytes bounds the same in bytes; one larger message goes alone.
	aheadBytes = 1 << 20
)

// gate makes the reader wait while too much is read ahead of OnMessage.
type gate struct {
	mu    sync.Mutex
	room  sync.Cond
	sizes [aheadMessages]int // of the messages inside, a ring
	first int
	count int
	bytes int
	shut  bool
}

func (g *gate) init() { g.room.L = &g.mu }

// enter waits until a message of n bytes may be read. After close nobody waits:
// what is left in the reader's buffer is little.
func (g *gate) enter(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.shut && g.count > 0 && (g.count == aheadMessages || g.bytes+n > aheadBytes) {
		g.room.Wait()
	}
	if g.count == aheadMessages {
		return
	}
	g.sizes[(g.first+g.count)%aheadMessages] = n
	g.count++
	g.bytes += n
}

// leave lets the oldest message out, and reports whether it was the last.
func (g *gate) leave() (empty bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count > 0 {
		g.bytes -= g.sizes[g.first]
		g.first = (g.first + 1) % aheadMessages
		g.count--
		g.room.Signal()
	}
	return g.count == 0
}

func (g *gate) busy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count > 0
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	g.room.Broadcast()
}
