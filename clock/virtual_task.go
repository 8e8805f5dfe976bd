package clock

import (
	"iter"
	"reflect"
	"runtime"
	"runtime/debug"
	"time"
)

// vtask is a task of a Virtual runtime: a coroutine that parks in Wait.
type vtask struct {
	name  string
	id    TaskID
	fn    func()
	next  func() (struct{}, bool) // resumes it; nil until its first turn
	stop  func()
	yield func(struct{}) bool
	on    *vsignal // what it is parked on
	since time.Duration
	home  uintptr // its goroutine

	before, after *vtask // in taskList
}

// taskList holds the live tasks in the order they were started.
type taskList struct{ first, last *vtask }

func (l *taskList) add(t *vtask) {
	t.before = l.last
	if l.last != nil {
		l.last.after = t
	} else {
		l.first = t
	}
	l.last = t
}

func (l *taskList) remove(t *vtask) {
	if t.before != nil {
		t.before.after = t.after
	} else {
		l.first = t.after
	}
	if t.after != nil {
		t.after.before = t.before
	} else {
		l.last = t.before
	}
}

// Go starts a task. Only tasks and the driver may call it.
func (v *Virtual) Go(name string, fn func()) {
	v.started++
	t := &vtask{name: name, id: v.started, fn: fn}
	v.tasks.add(t)
	v.mu.Lock()
	v.readyLocked(work{task: t})
	v.mu.Unlock()
}

// resume runs a task until it parks or ends.
func (v *Virtual) resume(t *vtask) {
	if t.next == nil {
		t.next, t.stop = iter.Pull(v.body(t))
		t.home = nobody // until it knows itself
	}
	v.current = t
	v.owner.set(t.home)
	_, parked := t.next()
	v.owner.set(v.home)
	v.current = nil
	if !parked {
		v.tasks.remove(t)
	}
}

// body is the coroutine of a task.
func (v *Virtual) body(t *vtask) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		t.yield = yield
		t.home = goroutine()
		v.owner.set(t.home)
		done := false
		defer func() {
			switch p := recover(); {
			case p != nil:
				v.fail(&TaskPanic{Task: t.name, Value: p, Stack: debug.Stack()})
			case !done && !v.ended:
				v.fail(&TaskExit{Task: t.name})
			}
		}()
		t.fn()
		done = true
	}
}

func (v *Virtual) fail(err error) {
	if v.failure == nil {
		v.failure = err
	}
}

// park gives the world away until the task is resumed. What comes next is
// looked for here: when it is this very task, nothing is switched at all.
func (v *Virtual) park(t *vtask) {
	w := v.pick()
	if w.task == t {
		return
	}
	v.handoff = w
	v.current = nil
	if !t.yield(struct{}{}) {
		v.exitTask()
	}
}

// Yield queues the calling task behind what is ready. In a callback it does
// nothing.
func (v *Virtual) Yield() {
	t := v.current
	if t == nil {
		return
	}
	if v.ended {
		v.exitTask()
	}
	if v.batch.size == 0 && v.waiting.Load() == 0 && !v.woken.Load() {
		if v.step(work{task: t}); v.failure == nil {
			return // nothing else is ready: it is this task's turn again
		}
	}
	v.mu.Lock()
	v.readyLocked(work{task: t})
	v.mu.Unlock()
	v.park(t)
}

// exitTask ends the calling task of a world that has ended. Goexit runs its
// defers and no recover can hold it back.
func (v *Virtual) exitTask() { runtime.Goexit() }

// call runs a posted callback.
func (v *Virtual) call(fn func()) {
	v.calling = true
	defer v.called(fn)
	fn()
}

func (v *Virtual) called(fn func()) {
	v.calling = false
	if p := recover(); p != nil {
		v.fail(&TaskPanic{Task: funcName(fn), Value: p, Stack: debug.Stack()})
	}
}

// callEvent calls an event's function as nobody's task.
func (v *Virtual) callEvent(t *vtimer) {
	task := v.current
	v.current, v.calling = nil, true
	defer func() {
		v.current, v.calling = task, false
		if p := recover(); p != nil {
			v.fail(&TaskPanic{Task: t.sig.name, Value: p, Stack: debug.Stack()})
		}
	}()
	t.call()
}

func (w work) name() string {
	if w.task != nil {
		return "task " + w.task.name
	}
	return funcName(w.fn)
}

func funcName(fn func()) string {
	return "callback " + runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
}
