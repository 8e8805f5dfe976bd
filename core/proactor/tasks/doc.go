// Package tasks runs functions beside the message loop: what asks, listens, or
// waits for something of its own, and would hold up the loop.
//
//	t, err := tasks.New(l, tasks.Options{Failed: report, Pat: pat})
//	h := t.Add("weather", func(job *tasks.Job) error {
//		for {
//			look(job)
//			if !job.Sleep(time.Hour) {
//				return nil
//			}
//		}
//	})
//	t.Start()
//	...
//	t.Cancel(h)
//	t.Stop()
//	err = t.Join(clock.In(rt, 5*time.Second))
//
// Each function is a task of the loop's runtime. So functions take turns with
// the loop and with each other, and switch only where they wait: what they share
// needs no lock. Work that blocks or computes belongs in [Job.Blocking], where it
// holds up nobody.
//
// # Ends
//
// Nothing is killed: a function ends because Sleep, Wait and Context tell it to,
// after a Cancel of its handle or a Stop of all. An error or a panic of one is
// told to Options.Failed and does not touch the others; a function that was told
// to end and returns an error has only been interrupted, and that is told nobody.
//
// # Pats
//
// While the tasks take their turns, Options.Pat is called at half of the time
// that a watchdog grants, from a task that does nothing else. A function that
// neither waits nor returns keeps it from its turn, and so is noticed.
package tasks
