// Package report draws what happened: runs of scenarios, tests and tapes, each
// with its messages, steps, expectations and failures, as one HTML file that
// needs nothing else.
//
// A [History] gathers what happens while a world runs; a [Run] is a history with
// how it came out.
package report
