// Package sim is the world an automation is tested in: a virtual clock, the
// broker, the apps under test, a tape that is fed, devices that react, and
// expectations.
//
//	w, err := sim.New(sim.Options{Seed: 7})
//	err = w.AddApp("hall", hall.New(hall.Params{}))
//	err = w.Feed(sim.Feed{Records: tape.Cursor(recorder.Query{}), Length: tape.Info().Duration})
//	err = w.RouteUntil(sim.Message(pattern), 2*time.Second)
//	digest, err := w.Finish()
//
// # Time
//
// The world runs only inside a waiting step (RouteUntil, Advance, Replay,
// Never, Always, Count), on the goroutine that calls it. At instant 0 the
// retained messages are placed, then devices start, then apps; all settles
// before the first record of the tape.
//
// # What a step sees
//
// A step sees messages as the broker accepts them. Its window begins right
// after the message, or the end of the instant, that ended the step before it:
// two RouteUntil on messages of one instant both see theirs, in order.
//
// # Faults
//
// A [Cut] takes the network away from an app or a device for a while:
//
//	err = w.Cut(sim.Cut{Client: "hall", At: 10 * time.Minute, For: 30 * time.Second})
//
// # Digest
//
// A running SHA-256 over every event: the same program, tape and seed give the
// same digest, on every run and machine. [SelfCheck] names the first event
// that differs.
package sim
