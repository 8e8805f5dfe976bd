// Package background runs work beside a loop, and brings what comes of it back
// to the loop: calls, iterations and jobs that report progress.
//
//	e, _ := background.New(rt, background.Options{Loop: env.Loop})
//	f, _ := background.Call(e, func(job *background.Job) (int, error) {
//		return count(job.Context(), path) // off the loop; may take its time
//	})
//	f.OnState(func(s background.State) {
//		if n, err := f.Result(); s == background.Completed { ... } // on the loop
//	})
//
// It is for what would hold up the loop: long computing, and I/O that blocks.
// What only waits for messages or for time needs no job: handlers and timers of
// the loop do that.
//
// A job's function runs apart from everything else, so it touches only what it
// was given and its [Job]. What it sends, and how it ends, goes through one pipe
// of a router; so a future changes, and calls its listeners, only where the
// messages are delivered, which is the loop, and in the order in which the job
// did things. Everything but the Job belongs to the tasks of the runtime.
//
// In a simulation a job takes no virtual time, whatever it computes: it runs in
// one piece, while the world stands still, unless it calls [Job.Sleep], which
// takes virtual time and lets the others go on. So a job that is to be cancelled
// there half-way must sleep now and then. A job must not ask the network in a
// simulation: give its function what does, and something else there.
package background
