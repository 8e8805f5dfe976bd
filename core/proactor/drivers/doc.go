// Package drivers runs code that blocks, a serial bus for one, beside a loop: as
// a thread that does its work in turns, pats a watchdog, and takes and sends
// messages.
//
//	th, err := drivers.New(l, drivers.Options[codec.Message]{
//		Name:    "meter",
//		Sleep:   time.Second,
//		Iterate: func(line *drivers.Line[codec.Message]) error {
//			v, err := bus.Read() // may block
//			line.Send(reading(v))
//			return err
//		},
//		Deliver: func(m codec.Message) { ... }, // on the loop
//		Failed:  func(err *drivers.StepError) { ... }, // on the loop
//	})
//	err = th.Start()
//	...
//	th.RequestStop()
//	err = th.Join(5 * time.Second)
//
// A thread calls PreIterate until it has succeeded once. Then each of its turns
// sleeps, calls Iterate, pats if a pat is due, and handles at most one message.
// PreIterate, Iterate and Handle are the steps of the driver: they run beside
// everything else, one at a time, so they touch only what is the driver's own,
// and their [Line]. What is in Options besides, but for GoOn, is called on the
// loop's task, in the order in which the thread did things.
//
// A step that returns an error, or panics, is told to Failed. The thread ends,
// unless GoOn says otherwise: then it pauses, longer from one failure to the
// next, and goes on with another turn. A step that gives up because it was asked
// to stop, and returns the error of its context or of Line.Get, has not failed.
//
// A thread cannot be killed. One that hangs in a step does not hold the loop; it
// sends no pats, and Join says what it hangs in.
//
// In a simulation the steps take no virtual time, except in Line.Sleep and
// Line.Get, and the sleep between turns does. So a driver needs one of these
// there: turns that take no time at all never let time move.
//
// [SleepWhile] and [SleepUntil] are for tasks of another shape: sleeps that end
// early when a flag goes down. [Queue] is what a thread takes messages from.
package drivers
