package links_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/mqtt"
)

// ledger is a store that notes what was ever stored and cleared.
type ledger struct {
	*eventstore.Memory
	stored, cleared []string
}

func (l *ledger) Apply(changes []eventstore.Change) []eventstore.Result {
	for _, c := range changes {
		if c.Op == eventstore.OpPersist {
			l.stored = append(l.stored, c.ID)
		} else {
			l.cleared = append(l.cleared, c.ID)
		}
	}
	return l.Memory.Apply(changes)
}

// step is one thing that happens.
type step struct {
	what string
	n    int
}

// steps are what may happen, and how large its n is at most.
var steps = []step{
	{"generate", 8},
	{"wait", 12_000}, // milliseconds
	{"cut", 0},
	{"broker goes", 0},
	{"broker comes", 0},
	{"subacks held", 1},
	{"peer mute", 1},
	{"release", 0},
	{"peer speaks", 0},
	{"acks late", 8_000}, // milliseconds
	{"acks twice", 1},
	{"messages are lost", 4}, // one of so many
	{"rubbish", 3},
	{"old acks", 3},
	{"publishing fails", 1},
	{"restart", 0},
}

func drawSteps(t *rapid.T) (drawn []step) {
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(steps)-1), 1, 60).Draw(t, "what") {
		drawn = append(drawn, step{steps[i].what, rapid.IntRange(0, steps[i].n).Draw(t, steps[i].what)})
	}
	return drawn
}

// failures are what is found, in place of a test that a task could not end.
type failures []string

func (f *failures) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }
func (f *failures) FailNow()                          { panic("the play cannot go on") }

// play is a child, its peer and what happens to them.
type play struct {
	failures
	x     *side
	p     *parent
	book  *ledger
	own   []string // reports that the child has generated
	passe int      // messages that were published
}

func (g *play) do(todo step) {
	x, p := g.x, g.p
	switch todo.what {
	case "generate":
		for n := range todo.n {
			g.own = append(g.own, x.report(n))
		}
	case "wait":
		x.run(time.Duration(todo.n) * ms)
	case "cut":
		x.hub.cut("child")
	case "broker goes":
		x.hub.away = true
		x.hub.cut("child")
	case "broker comes":
		x.hub.away = false
	case "subacks held":
		x.hub.holding = todo.n == 1
		if c := x.hub.of("child"); c != nil && todo.n == 0 {
			x.hub.grant("child", 1)
		}
	case "peer mute":
		p.mute = todo.n == 1
	case "release":
		p.release()
	case "peer speaks":
		p.speak()
	case "acks late":
		p.lag = time.Duration(todo.n) * ms
	case "acks twice":
		p.twice = todo.n == 1
	case "messages are lost":
		x.hub.lose = func(mqtt.Message) bool {
			g.passe++
			return todo.n > 0 && g.passe%(todo.n+1) == 0
		}
	case "rubbish":
		for range todo.n {
			p.raw("gw/hw1/to/c/any", "{")
		}
	case "old acks":
		for _, m := range p.got[:min(todo.n, len(p.got))] {
			p.ack(m.MessageID)
		}
	case "publishing fails":
		if c := x.hub.of("child"); c != nil {
			c.refuses = map[int]error{1: errAway}[todo.n]
		}
	case "restart":
		g.restart()
	}
	g.holds()
}

// restart is a program that ends and starts again with what is stored.
func (g *play) restart() {
	x := g.x
	x.stop()
	_ = x.store.Flush()
	g.book.Memory = g.book.Reopen(0)
	x.link = nil
	x.make(stored(g.book)).begin()
}

// holds: no event is lost, and none invented.
func (g *play) holds() {
	_ = g.x.store.Flush()
	kept := g.book.Pending()
	for _, id := range g.book.stored {
		if !slices.Contains(kept, id) && !g.p.has(id) {
			g.Errorf("event %s is lost: it is neither stored nor has it come", id)
		}
	}
	for _, id := range g.own {
		if !slices.Contains(g.book.stored, id) {
			g.Errorf("report %s was not stored", id)
		}
	}
	for _, m := range g.p.got {
		if m.AckRequired && !slices.Contains(g.x.ids, m.MessageID) {
			g.Errorf("message %s was invented", m.MessageID)
		}
	}
	for _, id := range g.book.cleared {
		if !g.p.has(id) {
			g.Errorf("event %s was deleted, and has not come", id)
		}
	}
}

// heal ends all trouble; after that everything comes, and the link is active.
func (g *play) heal() {
	x, p := g.x, g.p
	x.hub.away, x.hub.holding, x.hub.lose = false, false, nil
	p.lag, p.twice = 0, false
	p.release()
	if c := x.hub.of("child"); c != nil {
		c.refuses = nil
		x.hub.grant("child", 1)
	}
	x.run(2200 * s) // the longest pause, and some pings
	counts := x.counts()
	if x.link.State() != linkstate.Active || x.Reuploading() || x.link.Waiting() > 0 || len(g.book.Pending()) > 0 {
		g.Errorf("it does not recover: %v, reuploading: %v, %d acks are waited for, %q are stored",
			x.link.State(), x.Reuploading(), x.link.Waiting(), g.book.Pending())
	}
	if counts.ReuploadsStarted < counts.ReuploadsCompleted {
		g.Errorf("%d reuploads completed of %d", counts.ReuploadsCompleted, counts.ReuploadsStarted)
	}
	g.holds()
	active := x.counts().CommEvents.Of("gridworks.event.comm.peer.active")
	x.run(300 * s)
	if again := x.counts().CommEvents.Of("gridworks.event.comm.peer.active"); again != active {
		g.Errorf("it does not stay active: %d times in 300 s", again-active)
	}
}

// Whatever happens, no event is lost before the peer has it, none is invented,
// and when the trouble is over all of them come.
func TestNoEventIsLost(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(1, 4).Draw(r, "window")
		script := drawSteps(r)
		g := &play{book: &ledger{Memory: eventstore.NewMemory(0)}}
		v := clock.NewVirtual(clock.VirtualOptions{})
		err := v.Run("play", func() {
			g.x = newSide(g, v, stored(g.book), window(size))
			g.p = newParent(g.x)
			g.x.begin()
			for _, todo := range script {
				if g.do(todo); len(g.failures) > 0 {
					return
				}
			}
			g.heal()
			g.x.stop()
		})
		if err := v.Close(); err != nil {
			r.Fatal(err)
		}
		if err != nil || len(g.failures) > 0 {
			r.Fatalf("%v: %v\n%s", script, err, strings.Join(g.failures, "\n"))
		}
	})
}
