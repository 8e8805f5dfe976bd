//go:build race

package clock

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"
)

const raceEnabled = true

// raceState knows which goroutine drives and which is the running task's, so
// that a wait on any other is an error instead of a corrupt world.
type raceState struct {
	driver atomic.Uint64
	task   atomic.Uint64
}

type taskRace struct{ goroutine uint64 }

// checkWait returns an error for a goroutine that has no business to wait now.
func (r *raceState) checkWait(v *Virtual) error {
	if !v.driving.Load() {
		return nil // whoever comes drives
	}
	switch id := goroutineID(); {
	case id == r.task.Load():
		return nil
	case id == r.driver.Load():
		return ErrWaitInCallback
	case r.task.Load() != 0:
		return ErrNotATask
	}
	return ErrSecondDriver
}

func (r *raceState) misuse() error {
	if goroutineID() == r.driver.Load() {
		return ErrWaitInCallback
	}
	return ErrSecondDriver
}

func (r *raceState) drive()         { r.driver.Store(goroutineID()) }
func (r *raceState) undrive()       { r.driver.Store(0); r.task.Store(0) }
func (r *raceState) enter(t *vtask) { r.task.Store(t.race.goroutine) }
func (r *raceState) leave()         { r.task.Store(0) }

// begin is called on the task's own coroutine, once.
func (r *raceState) begin(t *vtask) {
	t.race.goroutine = goroutineID()
	r.task.Store(t.race.goroutine)
}

// goroutineID reads the number that a stack trace begins with.
func goroutineID() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	n, _ := strconv.ParseUint(string(line[:bytes.IndexByte(line, ' ')]), 10, 64)
	return n
}

// raceToken knows which goroutine holds a System's token.
type raceToken struct{ holder atomic.Uint64 }

func (r *raceToken) hold()      { r.holder.Store(goroutineID()) }
func (r *raceToken) drop()      { r.holder.Store(0) }
func (r *raceToken) mine() bool { return r.holder.Load() == goroutineID() }
