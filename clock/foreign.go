package clock

import (
	"slices"
	"sync"
	"time"
)

// Source announces that work will come from goroutines outside: an MQTT
// client, an HTTP handler. While one is open a Virtual runtime that has nothing
// left to do waits for it, up to its wall-clock guard, instead of stalling. All
// methods are safe from any goroutine.
type Source struct {
	name string
	post func(*Source, func())
	end  func(*Source)
	once sync.Once
}

// Post queues fn to run as a task's work. In Virtual it makes the run not
// deterministic (see [Virtual.Outside]).
func (s *Source) Post(fn func()) { s.post(s, fn) }

// Close says that nothing more will come. It is idempotent.
func (s *Source) Close() { s.once.Do(func() { s.end(s) }) }

// Hold keeps virtual time still while work outside is under way. Since holds
// are taken inside the world and their results enter in the order the holds
// were taken, the run stays deterministic.
type Hold struct {
	name     string
	released bool
	fn       func()
	release  func(*Hold, func())
	once     sync.Once
}

// Release lets time move again, after fn (which may be nil) has run as a
// task's work. Only the first call counts. Safe from any goroutine.
func (h *Hold) Release(fn func()) { h.once.Do(func() { h.release(h, fn) }) }

// OpenSource announces work from outside.
func (v *Virtual) OpenSource(name string) *Source {
	s := &Source{name: name}
	s.post = func(s *Source, fn func()) {
		v.cameFromOutside("work entered from outside by " + s.name)
		v.Post(fn)
	}
	s.end = func(s *Source) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.sources = slices.DeleteFunc(v.sources, func(o *Source) bool { return o == s })
		if v.idle {
			v.wakeLocked()
		}
	}
	v.mu.Lock()
	v.sources = append(v.sources, s)
	v.mu.Unlock()
	return s
}

// Hold keeps time still until it is released.
func (v *Virtual) Hold(name string) *Hold {
	h := &Hold{name: name}
	h.release = func(h *Hold, fn func()) {
		v.mu.Lock()
		defer v.mu.Unlock()
		h.released, h.fn = true, fn
		if v.idle {
			v.wakeLocked()
		}
	}
	v.mu.Lock()
	v.holds = append(v.holds, h)
	v.held.Store(int32(len(v.holds)))
	v.mu.Unlock()
	return h
}

// lookOutside is what the driver does when nothing can run: it takes the oldest
// hold's result, or waits for it, or for a source; else the world has stalled.
func (v *Virtual) lookOutside() error {
	guard := time.NewTimer(v.guard)
	defer guard.Stop()
	for {
		names, done := v.expected()
		if done {
			return nil
		}
		if names == nil {
			return v.stalled()
		}
		select {
		case <-v.wake:
		case <-guard.C:
			v.mu.Lock()
			v.idle = false
			v.mu.Unlock()
			return &OutsideError{Names: names, Guard: v.guard}
		}
	}
}

// expected names whom the driver waits for (nil: nobody), or reports done when
// there is work after all. While it waits, whoever brings work wakes it.
func (v *Virtual) expected() (names []string, done bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.idle = false
	select { // a wake-up of an earlier wait says nothing now
	case <-v.wake:
	default:
	}
	if v.inbox.size > 0 || v.woken.Load() {
		return nil, true
	}
	if len(v.holds) > 0 {
		h := v.holds[0]
		if !h.released {
			v.idle = true
			return []string{h.name}, false
		}
		v.holds = v.holds[1:]
		v.held.Store(int32(len(v.holds)))
		if h.fn != nil {
			v.readyLocked(work{fn: h.fn})
		}
		return nil, true
	}
	if len(v.sources) == 0 {
		return nil, false
	}
	for _, s := range v.sources {
		names = append(names, s.name)
	}
	v.idle = true
	return names, false
}
