package clock

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// SystemOptions say how a System runtime behaves. The zero value is usable.
type SystemOptions struct {
	Zone  *time.Location // of Wall; nil: UTC
	Guard time.Duration  // how long Close waits for tasks to end; 0: 10 s
}

// System is the runtime of production: tasks are goroutines that hold the
// runtime's token between waits, time is the system's. One System serves one
// app. It is made by NewSystem and ended by Close.
type System struct {
	began  time.Time
	pushed atomic.Int64 // ns that FastForward has added
	zone   *time.Location
	guard  time.Duration

	token   token
	calling bool   // a posted callback runs; owned by whoever has the token
	current *stask // the task that has the token; nil: the dispatcher, or nobody

	mu      sync.Mutex // all below
	seq     uint64
	timers  queue[stimer]
	parked  map[*ssignal]struct{} // signals with a task in Wait
	tasks   map[*stask]struct{}
	started TaskID                // the number of the last task
	away    map[uintptr]blockedIn // goroutines inside Blocking, where they can be told apart
	posts   ring[func()]
	asked   bool // the dispatcher has asked for the token
	closing bool
	ended   bool
	failure error

	poke     chan struct{} // the earliest timer has changed
	dispatch chan struct{} // the token, granted to the dispatcher
	failed   chan struct{} // closed with the first failure
	quit     chan struct{} // closed by Close
	helpers  sync.WaitGroup
	running  sync.WaitGroup // tasks

	ctx    context.Context
	cancel context.CancelFunc
}

type stask struct {
	name string
	id   TaskID
	gone chan struct{} // closed when it has ended, and how is known; nil: nobody asks
}

// blockedIn is what a goroutine was before Blocking.
type blockedIn struct {
	task    *stask
	calling bool
}

// NewSystem makes and starts a runtime on the system's time.
func NewSystem(o SystemOptions) *System {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Guard <= 0 {
		o.Guard = defaultGuard
	}
	s := &System{
		began: time.Now(), zone: o.Zone, guard: o.Guard,
		parked: map[*ssignal]struct{}{}, tasks: map[*stask]struct{}{}, away: map[uintptr]blockedIn{},
		poke: make(chan struct{}, 1), dispatch: make(chan struct{}, 1),
		failed: make(chan struct{}), quit: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.helpers.Go(s.keepTime)
	s.helpers.Go(s.runPosts)
	return s
}

// Now is the time since NewSystem. Safe from any goroutine.
func (s *System) Now() time.Duration {
	return time.Since(s.began) + time.Duration(s.pushed.Load())
}

// Wall is the system's date in the runtime's zone. Safe from any goroutine.
func (s *System) Wall() time.Time {
	return time.Now().Add(time.Duration(s.pushed.Load())).In(s.zone)
}

// Context is cancelled by Close.
func (s *System) Context() context.Context { return s.ctx }

// Failed is closed when a task has panicked; Err says how.
func (s *System) Failed() <-chan struct{} { return s.failed }

// Err is the first panic of a task, or nil. Safe from any goroutine.
func (s *System) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

func (s *System) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		s.failure = err
		close(s.failed)
	}
}

// Go starts a task. Tasks get their first turn in the order they were started.
// After Close it does nothing. Safe from any goroutine.
func (s *System) Go(name string, fn func()) { s.start(&stask{name: name}, fn) }

func (s *System) start(t *stask, fn func()) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.started++
	t.id = s.started
	s.tasks[t] = struct{}{}
	s.running.Add(1)
	s.mu.Unlock()
	turn := make(chan struct{}, 1)
	s.token.request(turn)
	go s.runTask(t, fn, turn)
}

func (s *System) runTask(t *stask, fn func(), turn chan struct{}) {
	s.token.granted(turn)
	s.current = t
	done := false
	defer func() {
		switch p := recover(); {
		case p != nil:
			s.fail(&TaskPanic{Task: t.name, Value: p, Stack: debug.Stack()})
		case !done && !s.hasEnded():
			s.fail(&TaskExit{Task: t.name})
		}
		s.mu.Lock()
		delete(s.tasks, t)
		s.mu.Unlock()
		if t.gone != nil {
			close(t.gone)
		}
		s.token.release()
		s.running.Done()
	}()
	if !s.hasEnded() {
		fn()
	}
	done = true
}

func (s *System) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Post queues fn; see Runtime.
func (s *System) Post(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.posts.push(fn)
	if !s.asked {
		s.asked = true
		s.token.request(s.dispatch)
	}
}

// runPosts calls posted callbacks, a batch each time it has the token.
func (s *System) runPosts() {
	for {
		select {
		case <-s.dispatch:
		case <-s.quit:
			if !s.hasAsked() {
				return
			}
			<-s.dispatch // the token was asked for: take it, to give it back
		}
		s.token.owner.set(goroutine())
		s.current = nil
		s.mu.Lock()
		batch := s.posts
		s.posts = ring[func()]{}
		s.asked = false
		s.mu.Unlock()
		for batch.size > 0 {
			s.call(batch.pop())
		}
		s.token.release()
	}
}

// hasAsked reports whether posts wait for the token. After the end nobody asks.
func (s *System) hasAsked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *System) call(fn func()) {
	s.calling = true
	defer func() {
		s.calling = false
		if p := recover(); p != nil {
			s.fail(&TaskPanic{Task: funcName(fn), Value: p, Stack: debug.Stack()})
		}
	}()
	fn()
}

// Blocking runs fn without the token, so that the other tasks go on.
func (s *System) Blocking(fn func()) {
	was, me := blockedIn{s.current, s.calling}, goroutine()
	outer := s.setAway(me, &was)
	s.calling = false
	s.token.release()
	defer func() {
		s.token.acquire(make(chan struct{}, 1))
		s.setAway(me, outer) // this may be inside a Rejoin
		s.current, s.calling = was.task, was.calling
		if s.hasEnded() {
			runtime.Goexit()
		}
	}()
	fn()
}

// setAway returns what it was before; nil: it was not away.
func (s *System) setAway(goroutine uintptr, in *blockedIn) (before *blockedIn) {
	if goroutine == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, ok := s.away[goroutine]; ok {
		before = &was
	}
	if in == nil {
		delete(s.away, goroutine)
		return before
	}
	s.away[goroutine] = *in
	return before
}

// Rejoin takes the token for the time of fn.
func (s *System) Rejoin(fn func()) {
	if s.token.owner.is(goroutine()) { // a Rejoin in a Rejoin: the task is back already
		fn()
		return
	}
	s.token.acquire(make(chan struct{}, 1))
	s.mu.Lock()
	was := s.away[goroutine()]
	s.mu.Unlock()
	s.current, s.calling = was.task, was.calling
	defer func() {
		s.calling = false
		s.token.release()
	}()
	if s.hasEnded() {
		runtime.Goexit()
	}
	fn()
}

// Self is the task that has the token.
func (s *System) Self() TaskID {
	if !s.token.owner.here() || s.current == nil {
		return 0
	}
	return s.current.id
}

// Yield gives the token to whoever asked for it first. In a callback it does
// nothing.
func (s *System) Yield() {
	if s.calling || !s.token.wanted() {
		return
	}
	me, turn := s.current, make(chan struct{}, 1)
	if !s.token.pass(turn) {
		return
	}
	s.token.granted(turn)
	s.current = me
	if s.hasEnded() {
		runtime.Goexit()
	}
}

// OpenSource announces work from outside: in System it only queues.
func (s *System) OpenSource(name string) *Source {
	return &Source{
		name: name,
		post: func(_ *Source, fn func()) { s.Post(fn) },
		end:  func(*Source) {},
	}
}

// Hold does not keep real time still; its result is queued like a Post.
func (s *System) Hold(name string) *Hold {
	return &Hold{name: name, release: func(_ *Hold, fn func()) {
		if fn != nil {
			s.Post(fn)
		}
	}}
}

// Run runs fn as a task and waits until it has ended or a task has panicked.
// It is for goroutines that are no task.
func (s *System) Run(name string, fn func()) error {
	t := &stask{name: name, gone: make(chan struct{})}
	s.start(t, fn)
	select {
	case <-t.gone:
		return s.Err()
	case <-s.failed:
		return s.Err()
	case <-s.quit:
		return ErrEnded
	}
}
