package service_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

// plan is a random tree and what is done to it.
type plan struct {
	nodes []nodePlan // the first is the root
	steps []step
}

type nodePlan struct {
	kind     string
	parent   int // an earlier node
	late     bool
	strategy service.Strategy
	noWait   bool
	delays   map[string]time.Duration // of hooks, and of the task after the stop
	fails    int                      // how many starts fail
	acts     map[string]string        // what hooks and the task do, in the first two lives
}

// step is done by a task of its own; then time goes on.
type step struct {
	do    string
	node  int
	pause time.Duration
}

var (
	hooks = []string{"start", "started", "stop", "shutdown", "restart", "crashed", "task"}
	kinds = []string{"service", "thread", "queue", "supervisor"}
	acts  = []string{"", "", "", "", "stop", "restart", "crash", "stop root", "restart root", "stop parent", "panic"}
	works = []string{"start", "stop", "stop", "crash", "crash", "restart", "restart", "call", "call", "cancel", "cast", "add"}
)

func drawPlan(t *rapid.T) plan {
	delay := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Millisecond, time.Second})
	var p plan
	for i := range rapid.IntRange(1, 7).Draw(t, "nodes") {
		n := nodePlan{
			kind:     rapid.SampledFrom(kinds).Draw(t, "kind"),
			parent:   rapid.IntRange(0, max(i-1, 0)).Draw(t, "parent"),
			late:     i > 0 && rapid.IntRange(0, 4).Draw(t, "late") == 4,
			strategy: service.Strategy(rapid.IntRange(0, 4).Draw(t, "strategy")),
			noWait:   rapid.Bool().Draw(t, "noWait"),
			fails:    max(0, rapid.IntRange(-4, 2).Draw(t, "fails")),
			delays:   map[string]time.Duration{},
			acts:     map[string]string{},
		}
		for _, hook := range hooks {
			n.delays[hook] = delay.Draw(t, "delay of "+hook)
			n.acts[hook] = rapid.SampledFrom(acts).Draw(t, "act of "+hook)
		}
		p.nodes = append(p.nodes, n)
	}
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		p.steps = append(p.steps, step{
			do:    rapid.SampledFrom(works).Draw(t, "do"),
			node:  rapid.IntRange(0, len(p.nodes)-1).Draw(t, "node"),
			pause: rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, time.Second, 7 * time.Second}).Draw(t, "pause"),
		})
	}
	return p
}

// forest runs a plan.
type forest struct {
	rt     *clock.Virtual
	nodes  []*node
	log    []string
	wrong  []string // what must not be
	busy   int      // steps that have not ended
	begun  int      // calls
	ended  int
	number int  // of the last call
	over   bool // the last stop was asked for
	gone   bool // it is through
}

type node struct {
	*service.Service
	nodePlan
	f          *forest
	parent     *node // nil: the root
	queue      *service.Queue
	supervisor *service.Supervisor
	lives      int
	inside     bool // the Start hook has succeeded, the Shutdown hook was not called
	tasks      int  // that run
	told       int  // of crashes
}

func (f *forest) note(format string, args ...any) {
	f.log = append(f.log, fmt.Sprintf("%v ", f.rt.Now())+fmt.Sprintf(format, args...))
}

func (f *forest) bad(format string, args ...any) {
	f.note("WRONG: "+format, args...)
	f.wrong = append(f.wrong, f.log[len(f.log)-1])
}

// grow makes the nodes of a plan.
func (f *forest) grow(p plan) {
	for i, np := range p.nodes {
		n := &node{nodePlan: np, f: f}
		o := service.Options{
			Name:  fmt.Sprint(np.kind, " ", i),
			Start: n.start, Started: n.hook("started"), Stop: n.hook("stop"), Shutdown: n.shutdown,
			Restart: n.hook("restart"), Crashed: n.crashed,
		}
		to := service.ThreadOptions{Options: o, NoWait: np.noWait}
		switch np.kind {
		case "service":
			n.Service = service.New(f.rt, o)
		case "thread":
			n.Service = service.NewThread(f.rt, to).Service
		case "queue":
			n.queue = service.NewQueue(f.rt, service.QueueOptions{ThreadOptions: to, CastError: func(error) { f.ended++ }})
			n.Service = n.queue.Service
		case "supervisor":
			n.supervisor = service.NewSupervisor(f.rt, service.SupervisorOptions{Name: o.Name, Strategy: np.strategy, MaxRestarts: 5})
			n.Service = n.supervisor.Service
		}
		n.Task("work", n.work)
		if i > 0 {
			n.parent = f.nodes[np.parent]
		}
		f.nodes = append(f.nodes, n)
		if i > 0 && !np.late {
			_ = n.add()
		}
	}
}

func (n *node) add() error {
	switch {
	case n.parent == nil:
		return nil
	case n.parent.supervisor != nil:
		return n.parent.supervisor.Add(n.Service)
	}
	return n.parent.Add(n.Service)
}

func (n *node) start() error {
	if n.lives++; n.inside || n.tasks > 0 {
		n.f.bad("%s: two lives at once", n.Name())
	}
	if err := n.hook("start")(); err != nil {
		return err
	}
	if n.lives <= n.fails {
		return errBoom
	}
	n.inside = true
	return nil
}

func (n *node) shutdown() error {
	if n.tasks > 0 {
		n.f.bad("%s: shut down with its task still there", n.Name())
	}
	defer func() { n.inside = false }()
	return n.hook("shutdown")()
}

func (n *node) crashed(error) {
	if n.told++; n.told < 3 {
		_ = n.hook("crashed")()
	}
}

func (n *node) hook(name string) func() error {
	return func() error {
		n.f.note("%s: %s", n.Name(), name)
		if d := n.delays[name]; d > 0 {
			clock.Sleep(n.f.rt, d)
		}
		if n.f.over && (name == "restart" || name == "crashed") {
			return nil // it runs on whoever's task, and could begin the tree anew
		}
		return n.act(n.acts[name])
	}
}

// act is what a node does to itself and to those above, from within.
func (n *node) act(what string) error {
	if n.lives > 2 || n.f.gone {
		return nil
	}
	root := n.f.nodes[0]
	switch what {
	case "stop":
		_ = n.Stop()
	case "restart":
		if !n.alone() {
			_ = n.Restart()
		}
	case "crash":
		return errBoom
	case "stop root":
		_ = root.Stop()
	case "restart root":
		_ = root.Restart()
	case "stop parent":
		if n.parent != nil {
			_ = n.parent.Stop()
		}
	case "panic":
		panic(errBoom)
	}
	return nil
}

// alone reports whether it would run by itself if it ran: nobody would stop it.
func (n *node) alone() bool {
	if n.parent == nil {
		return false
	}
	if !slices.Contains(n.parent.Children(), n.Service) {
		return true // not added yet
	}
	st := n.parent.State()
	return st != service.Starting && st != service.Running && st != service.Stopping
}

// work is each node's task.
func (n *node) work() error {
	life := n.lives
	if n.tasks++; n.tasks > 1 {
		n.f.bad("%s: two tasks of it at once", n.Name())
	}
	defer func() {
		if n.tasks--; n.lives != life {
			n.f.bad("%s: a task of life %d ends in life %d", n.Name(), life, n.lives)
		}
	}()
	if n.Sleep(100 * time.Millisecond) {
		if err := n.act(n.acts["task"]); err != nil {
			return err
		}
	}
	err := n.Wait(clock.Forever)
	if d := n.delays["task"]; d > 0 {
		clock.Sleep(n.f.rt, d)
	}
	return err
}

// do is one step, on its task.
func (f *forest) do(what string, n *node) {
	f.note("%s %s", what, n.Name())
	var err error
	switch what {
	case "start", "restart":
		if n.alone() {
			return
		}
		if what == "start" {
			err = n.Start()
		} else {
			err = n.Restart()
		}
	case "stop":
		err = n.Stop()
	case "crash":
		n.Crash(errBoom)
	case "add":
		err = n.add()
	case "call", "cancel", "cast":
		if n.queue != nil {
			err = f.call(what, n)
		}
	}
	var hang *service.HangError
	if errors.As(err, &hang) {
		f.bad("%s %s: %v", what, n.Name(), err)
	}
	f.note("%s %s ends: %v", what, n.Name(), err)
}

// call calls a function that takes a while. Each call must end, once, with what
// is its own.
func (f *forest) call(what string, n *node) error {
	f.number++
	number, runs := f.number, 0
	fn := func() (int, error) {
		if runs++; runs > 1 {
			f.bad("call %d runs again", number)
		}
		clock.Sleep(f.rt, time.Duration(number%3)*10*time.Millisecond)
		return number, nil
	}
	if what == "cast" {
		err := n.queue.Cast(func() error {
			_, err := fn()
			f.ended++
			return err
		})
		if err == nil {
			f.begun++
		}
		return err
	}
	p, err := service.Begin(n.queue, fn)
	if err != nil {
		return err
	}
	f.begun++
	if what == "cancel" {
		clock.Sleep(f.rt, 5*time.Millisecond)
		if p.Cancel() && runs > 0 {
			f.bad("call %d was cancelled while it ran", number)
		}
	}
	got, err := p.Wait(clock.Forever)
	f.ended++
	if err == nil && (got != number || runs != 1) {
		f.bad("call %d has the result %d after %d runs", number, got, runs)
	}
	return err
}

// check looks for what must never be, between two steps.
func (f *forest) check() {
	for _, n := range f.nodes {
		if p := n.parent; p != nil && p.State() == service.Shutdown &&
			(n.State() == service.Running || n.State() == service.Starting) {
			f.bad("%s is %s below %s, which is %s", n.Name(), n.State(), p.Name(), p.State())
		}
		if n.State() == service.Running && (n.Err() != nil || n.Stopped() || n.supervisor == nil && !n.inside) {
			f.bad("%s is running, and is not: %v", n.Name(), n.Err())
		}
	}
}

// still checks that nothing is left of a tree that was stopped.
func (f *forest) still() {
	for _, n := range f.nodes {
		if st := n.State(); n.inside || n.tasks > 0 || !n.Stopped() || st == service.Running || st == service.Starting || st == service.Stopping || st == service.Restarting {
			f.bad("after the stop %s is %s, %d tasks", n.Name(), st, n.tasks)
		}
	}
}

func (f *forest) run(p plan) {
	f.grow(p)
	root := f.nodes[0]
	f.spawn(step{do: "start"})
	for _, s := range p.steps {
		f.spawn(s)
		clock.Sleep(f.rt, s.pause)
		f.check()
	}
	clock.Sleep(f.rt, 10*time.Millisecond)
	f.note("the end")
	f.over = true
	f.do("stop", root)
	f.gone = true
	f.still()
	clock.Sleep(f.rt, time.Minute) // no poll and no restart brings it back
	f.still()
	for _, n := range f.nodes {
		if n.queue != nil && n.State() == service.Init { // what is queued waits for a start
			_ = n.Start()
			_ = n.Stop()
		}
	}
	clock.Sleep(f.rt, time.Minute)
	if f.busy > 0 {
		f.bad("%d steps have not ended", f.busy)
	}
	if f.begun != f.ended {
		f.bad("%d calls were begun, %d ended", f.begun, f.ended)
	}
}

func (f *forest) spawn(s step) {
	n := f.nodes[s.node]
	f.busy++
	f.rt.Go("step", func() {
		defer func() { f.busy-- }()
		f.do(s.do, n)
	})
}

// runPlan returns what happened, and what of it was wrong.
func runPlan(p plan) (log, wrong []string) {
	f := &forest{}
	f.rt = clock.NewVirtual(clock.VirtualOptions{StepLimit: 100_000, Trace: func(at time.Duration, step string) {
		f.log = append(f.log, fmt.Sprint(at, " ", step))
	}})
	if err := errors.Join(f.rt.Run("test", func() { f.run(p) }), f.rt.Close()); err != nil {
		f.bad("%v", err)
	}
	return f.log, f.wrong
}

// Whatever is done to a tree, and from within it: no service has two lives at
// once, a stop leaves nothing behind, each call ends once, and the same plan
// takes the same course.
func TestRandomTrees(t *testing.T) {
	clocktest.NotInDigest(t) // it compares its own runs
	for range 10 {           // a hundred plans each
		rapid.Check(t, tryPlan)
	}
}

func tryPlan(t *rapid.T) {
	p := drawPlan(t)
	log, wrong := runPlan(p)
	if len(wrong) > 0 {
		t.Fatalf("%q\n%+v\n%q", wrong, p, log)
	}
	if again, _ := runPlan(p); !slices.Equal(log, again) {
		t.Fatalf("the same plan takes another course: %+v", p)
	}
}
