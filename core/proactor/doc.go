// Package proactor runs a controller that must go on, whatever its peers, their
// brokers and its hardware do: actors on one message loop, links with
// acknowledgements, events that are stored until the other side has them,
// watchdogs, tasks beside the loop and web routes.
//
//	p, err := proactor.New(proactor.Options{Name: "hw1.scada", Settings: s, Actors: actors, Setup: setup})
//	err = core.Run(ctx, p, core.RunOptions{Name: "scada"})
//
// A Proactor is a core.App: in production core.Run runs it, and in a simulated
// world the very same value is an automation like any other.
//
// # Messages
//
// Everything inside is a message: Send queues one, and the loop processes them
// one at a time in the order they came, those of peers among them. A message goes
// to the handler of its payload's type (On); failing that to the communicator
// that its Dst names; failing that to Options.Rest. When processing fails, or
// panics, the proactor stores a shutdown event that says why, and ends: whoever
// started it starts it again.
//
// # Actors
//
// The hardware layout says which nodes there are, and which actor class each of
// them is; Options.Actors has a factory for each class. An actor is a
// Communicator, and may be a Starter, a Stopper and Monitored.
//
// # What is below
//
// The packages below know one thing each and may be used alone: links, client,
// linkstate, acks, pings and reupload are what connects; eventstore and events
// what is kept; codec, layout, settings, logs, stats and problems what they say;
// watchdog, tasks, drivers, web and rest what runs beside the loop.
package proactor
