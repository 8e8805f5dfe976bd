// Package cli is the program simrun: its commands, flags, reports and exit
// codes. Anybody's own simrun, with their automations in it, is
//
//	func main() { cli.Main(scenarios.App("hall", hall.New)) }
//
// [MainWith] takes a built-in library of scenarios too, and [Run] is all of it
// without the process: for tests, and for programs that have simrun as a part.
//
// Each scenario runs on a goroutine of its own. A constructor of an automation
// that panics or ends its goroutine is an error of that scenario, and the others
// run on. An automation that never gives back the processor, or waits for
// something outside of its world, keeps its scenario from ending: SIGINT and
// SIGTERM still end the program, which then tells what was done.
package cli
