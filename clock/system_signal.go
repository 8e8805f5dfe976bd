package clock

import (
	"runtime"
	"time"
)

// ssignal is a Signal of a System runtime.
type ssignal struct {
	s        *System
	set      bool          // under s.mu, as are the next two
	waiting  bool          // a task waits and has not been woken
	taken    bool          // a task is inside Wait
	grant    chan struct{} // wakes the waiter, with the token
	deadline stimer
	fired    firedList[stimer]
}

// NewSignal makes a signal; only Virtual, which can stall, keeps its name.
func (s *System) NewSignal(string) Signal {
	g := &ssignal{s: s, grant: make(chan struct{}, 1)}
	g.deadline = stimer{sig: g, ends: true}
	return g
}

func (g *ssignal) Set() {
	g.s.mu.Lock()
	g.set = true
	g.wakeLocked()
	g.s.mu.Unlock()
}

// wakeLocked asks for the token in the waiter's name: tasks run on in the order
// in which they were woken.
func (g *ssignal) wakeLocked() {
	if g.waiting {
		g.waiting = false
		g.s.token.request(g.grant)
	}
}

func (g *ssignal) Wait(until time.Duration) error {
	s := g.s
	if !s.token.owner.here() {
		return ErrNotATask
	}
	if s.calling {
		return ErrWaitInCallback
	}
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		runtime.Goexit()
	case g.set:
		g.set = false
		s.mu.Unlock()
		return nil
	case g.taken:
		s.mu.Unlock()
		return ErrSecondWaiter
	}
	g.taken, g.waiting = true, true
	if until >= 0 {
		g.deadline.startLocked(laneDeadline, until)
	}
	s.parked[g] = struct{}{}
	s.mu.Unlock()

	me := s.current
	s.token.release()
	s.token.granted(g.grant)
	s.current = me

	s.mu.Lock()
	delete(s.parked, g)
	ok, ended := g.set, s.ended
	g.set, g.taken = false, false
	g.deadline.disarmLocked()
	s.mu.Unlock()
	if ended {
		runtime.Goexit()
	}
	if ok {
		return nil
	}
	return ErrTimeout
}

func (g *ssignal) Fired() (any, bool) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	if t := g.fired.pop(); t != nil {
		return t.owner, true
	}
	return nil, false
}

// stimer is a Timer of a System runtime; all of it is under s.mu.
type stimer struct {
	sig   *ssignal
	owner any
	at    time.Duration
	key   uint64
	armed bool
	ends  bool // the deadline of a wait
	generation
}

// NewTimer makes a timer.
func (s *System) NewTimer(sig Signal, owner any) Timer {
	return &stimer{sig: sig.(*ssignal), owner: owner}
}

func (t *stimer) Start(at time.Duration) {
	t.sig.s.mu.Lock()
	defer t.sig.s.mu.Unlock()
	t.startLocked(LaneNormal, at)
}

func (t *stimer) Again(at time.Duration) {
	t.sig.s.mu.Lock()
	defer t.sig.s.mu.Unlock()
	if t.key == 0 {
		t.startLocked(LaneNormal, at)
		return
	}
	t.armLocked(at, t.key)
}

func (t *stimer) Stop() bool {
	t.sig.s.mu.Lock()
	defer t.sig.s.mu.Unlock()
	return t.disarmLocked()
}

func (t *stimer) startLocked(lane Lane, at time.Duration) {
	t.sig.s.seq++
	t.armLocked(at, keyOf(lane, t.sig.s.seq))
}

func (t *stimer) armLocked(at time.Duration, key uint64) {
	s := t.sig.s
	t.disarmLocked()
	t.at, t.key, t.armed = at, key, true
	s.timers.push(entry[stimer]{at: at, key: key, val: t})
	if s.timers.peek().val == t {
		s.pokeTimekeeper()
	}
}

func (t *stimer) disarmLocked() bool {
	was := t.pending()
	t.renew()
	if t.armed {
		t.armed, was = false, true
		t.sig.s.timers.abandon(func(e *entry[stimer]) bool { return e.val.live(e) })
	}
	return was
}

func (t *stimer) live(e *entry[stimer]) bool {
	return t.armed && t.key == e.key && t.at == e.at
}

func (t *stimer) fireLocked() {
	t.armed = false
	if !t.ends {
		t.sig.fired.push(t, &t.generation)
		t.sig.set = true
	}
	t.sig.wakeLocked()
}

func (s *System) pokeTimekeeper() {
	select {
	case s.poke <- struct{}{}:
	default: // it has not looked since the last poke
	}
}

// keepTime fires timers when they are due. It sleeps until the earliest.
func (s *System) keepTime() {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		if wait, any := s.fireDue(); any {
			alarm.Reset(wait)
		} else {
			alarm.Stop()
		}
		select {
		case <-alarm.C:
		case <-s.poke:
		case <-s.quit:
			return
		}
	}
}

// fireDue fires what is due and returns how long the next has to wait.
func (s *System) fireDue() (wait time.Duration, any bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		e := s.timers.peek()
		if e == nil {
			return 0, false
		}
		t := e.val
		if !t.live(e) {
			s.timers.drop()
			s.timers.stale--
			continue
		}
		if wait := e.at - s.Now(); wait > 0 {
			return wait, true
		}
		s.timers.drop()
		t.fireLocked()
	}
}
