// Package service is what long-lived parts of an automation are built of:
// services that start and stop in order, run background tasks and timers, crash
// without leaving the rest half alive, and are restarted by supervisors.
//
//	s := service.New(rt, service.Options{Name: "uploads", Start: open, Stop: close})
//	s.Task("poll", func() error {
//		for s.Sleep(time.Minute) {
//			...
//		}
//		return nil
//	})
//	_ = s.Cron("report", "0 20 * * *", service.CronOptions{}, report)
//	err := s.Start()
//	...
//	err = s.Stop()
//
// A [Thread] has a thread of control and a message loop of its own; a [Queue]
// is a thread that runs functions for others, who call or cast; a [Supervisor]
// restarts what crashes. [Run] runs a tree to its end.
//
// Everything belongs to the tasks of one runtime, which run one at a time, so
// nothing here needs a lock; only CallFrom and CastFrom are for goroutines
// outside. Tasks are never killed: they end because Sleep, Wait and Context
// tell them that their service stops, and a stop that takes too long says what
// it waits for.
package service
