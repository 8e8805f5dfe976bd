package clock

import "time"

// vsignal is a Signal of a Virtual runtime.
type vsignal struct {
	v        *Virtual
	name     string
	set      bool   // under v.mu
	waiter   *vtask // under v.mu; nil: nobody, or already made ready
	deadline vtimer
	fired    firedList[vtimer]
}

func (v *Virtual) newSignal(name string) *vsignal {
	s := &vsignal{v: v, name: name}
	s.deadline = vtimer{sig: s, ends: true}
	return s
}

// NewSignal makes a signal.
func (v *Virtual) NewSignal(name string) Signal { return v.newSignal(name) }

func (s *vsignal) Set() {
	if s.v.owner.elsewhere() {
		s.v.cameFromOutside("a goroutine outside set the signal " + s.name)
	}
	s.v.mu.Lock()
	s.set = true
	s.releaseLocked()
	s.v.mu.Unlock()
}

// releaseLocked makes the waiter ready, once.
func (s *vsignal) releaseLocked() {
	if w := s.waiter; w != nil {
		s.waiter = nil
		s.v.readyLocked(work{task: w})
	}
}

// takeLocked clears the signal and reports whether it was set.
func (s *vsignal) takeLocked() bool {
	was := s.set
	s.set = false
	return was
}

func (s *vsignal) Wait(until time.Duration) error {
	v := s.v
	if v.owner.elsewhere() {
		return ErrSecondDriver
	}
	t := v.current
	if t == nil {
		return v.drive(s, until, laneDeadline)
	}
	if v.ended {
		v.exitTask()
	}
	if set, err := s.claim(t); set || err != nil {
		return err
	}
	if until >= 0 {
		s.deadline.startIn(laneDeadline, until)
	}
	t.on, t.since = s, v.now
	v.park(t)
	t.on = nil
	return s.outcome()
}

// claim makes a task, or the driver, the waiter, unless the signal is set: then
// it clears it.
func (s *vsignal) claim(w *vtask) (set bool, err error) {
	s.v.mu.Lock()
	defer s.v.mu.Unlock()
	switch {
	case s.takeLocked():
		return true, nil
	case s.waiter != nil:
		return false, ErrSecondWaiter
	}
	s.waiter = w
	return false, nil
}

// outcome says how a wait that ended has ended.
func (s *vsignal) outcome() error {
	s.v.mu.Lock()
	ok := s.takeLocked()
	s.waiter = nil
	s.v.mu.Unlock()
	s.deadline.Stop()
	if ok {
		return nil
	}
	return ErrTimeout
}

func (s *vsignal) Fired() (any, bool) {
	if t := s.fired.pop(); t != nil {
		return t.owner, true
	}
	return nil, false
}

// vtimer is a Timer of a Virtual runtime. A signal's own deadline is one too.
type vtimer struct {
	sig   *vsignal
	owner any
	at    time.Duration
	key   uint64
	lane  Lane
	armed bool
	ends  bool   // the deadline of a wait
	call  func() // an event's; nil: it sets sig
	generation
}

// NewEvent makes a timer that calls fn instead of setting a signal. It is for
// the machinery of a world, such as what feeds a tape: fn runs in the middle of
// whoever looks for work, without a switch of tasks, and must not wait.
func (v *Virtual) NewEvent(lane Lane, name string, fn func()) Timer {
	return &vtimer{sig: v.newSignal(name), lane: lane, call: fn}
}

// NewTimer makes a timer in LaneNormal.
func (v *Virtual) NewTimer(sig Signal, owner any) Timer {
	return v.NewTimerIn(LaneNormal, sig, owner)
}

// NewTimerIn makes a timer whose events come in the given lane of their
// instant.
func (v *Virtual) NewTimerIn(lane Lane, sig Signal, owner any) Timer {
	return &vtimer{sig: sig.(*vsignal), owner: owner, lane: lane}
}

func (t *vtimer) Start(at time.Duration) { t.startIn(t.lane, at) }

func (t *vtimer) startIn(lane Lane, at time.Duration) {
	v := t.sig.v
	v.seq++
	t.arm(at, keyOf(lane, v.seq))
}

func (t *vtimer) Again(at time.Duration) {
	if t.key == 0 {
		t.Start(at)
		return
	}
	t.arm(at, t.key)
}

func (t *vtimer) arm(at time.Duration, key uint64) {
	v := t.sig.v
	t.disarm()
	t.at, t.key, t.armed = max(at, v.now), key, true
	v.timers.push(entry[vtimer]{at: t.at, key: key, val: t})
}

func (t *vtimer) Stop() bool { return t.disarm() }

// disarm makes an entry in the queue stale and a firing that was not taken
// void.
func (t *vtimer) disarm() bool {
	was := t.pending()
	t.renew()
	if t.armed {
		t.armed, was = false, true
		t.sig.v.timers.abandon(liveTimer)
	}
	return was
}

func liveTimer(e *entry[vtimer]) bool { return e.val.live(e) }

// live reports whether an entry of the queue is what the timer is armed for.
func (t *vtimer) live(e *entry[vtimer]) bool {
	return t.armed && t.key == e.key && t.at == e.at
}

// fire sets the signal, or ends its wait. When nothing else is ready it returns
// the task that is woken by it; else that task is queued.
func (t *vtimer) fire() (woken *vtask) {
	t.armed = false
	s, v := t.sig, t.sig.v
	if t.call != nil {
		v.callEvent(t)
		return nil
	}
	v.mu.Lock()
	if !t.ends {
		s.fired.push(t, &t.generation)
		s.set = true
	}
	if w := s.waiter; w != nil && w != &v.driver && v.inbox.size == 0 {
		s.waiter, woken = nil, w
	} else {
		s.releaseLocked()
	}
	v.mu.Unlock()
	return woken
}
