// Package clock is time and tasks: what an automation waits on, in production
// and in simulation alike.
//
// A [Runtime] runs tasks. There are three:
//
//   - [System]: tasks are goroutines, time is the system's.
//   - [FastForward]: System with an offset that can be pushed forward.
//   - [Virtual]: tasks are coroutines driven one at a time, and time moves only
//     when nothing is left to do now. A run is a pure function of the program.
//
// # The one blocking primitive
//
// Everything that waits waits on a [Signal]: sticky (a Set before the Wait is
// not lost), coalescing (many Sets are one), with one waiter. A mailbox, in
// full:
//
//	func (m *Mailbox[T]) Get(until time.Duration) (x T, err error) {
//		for len(m.buf) == 0 {
//			if err := m.sig.Wait(until); err != nil {
//				return x, err
//			}
//		}
//		x, m.buf = m.buf[0], m.buf[1:]
//		return x, nil
//	}
//
// # Rules
//
// The tasks of one runtime run one at a time and switch only in Wait: in System
// a task holds the runtime's token between waits. So the state that tasks share
// needs no lock, and means the same in every runtime. From goroutines that are
// no tasks only [Signal] Set, Post, [Source] and [Hold] may be used, and what says
// that it is safe from any goroutine; in a Virtual runtime a Set or Post from
// there makes the run not deterministic, and [Virtual.Outside] says so. Work that
// blocks or computes for long belongs in Blocking.
//
// Order in Virtual: work that is ready runs first in, first out, and drains
// before the next timed event. Timed events have a total order: instant, then
// [Lane], then the number they got when they were scheduled. Deadlines of
// waits are last, so that what happens at the very deadline still counts.
//
// Instants are a time.Duration since the runtime's start, monotonic. Wall time
// is a date in a zone; it may jump (see [Virtual.Jump]), instants never do.
// Zones come from one vendored tzdata (see [LoadZone]), never from the system.
package clock
