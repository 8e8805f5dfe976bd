package watchdog

import "context"

// External is something outside the program that has to hear of it regularly:
// a service manager.
type External interface {
	// Pat says that the program is well. It is called in a Blocking of a task
	// of its own, so it may take its time, and never while an earlier call has
	// not returned. It touches nothing that tasks share. The context ends with
	// the runtime.
	Pat(ctx context.Context) error
}

// patOutside begins a pat, unless one is under way.
func (w *Watchdog) patOutside() {
	if w.o.External == nil || w.patting {
		return
	}
	w.patting = true
	w.loop.Runtime().Go("watchdog pat", w.pat)
}

// pat is a task.
func (w *Watchdog) pat() {
	rt := w.loop.Runtime()
	var err error
	rt.Blocking(func() { err = w.o.External.Pat(rt.Context()) })
	w.patting = false
	if err != nil {
		w.loop.Post(func() { w.patFailed(err) })
	}
}

// patFailed is on the loop's task.
func (w *Watchdog) patFailed(err error) {
	if w.timer.Running() {
		w.o.PatFailed(err)
	}
}
