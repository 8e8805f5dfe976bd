// Package report draws what happened: runs of scenarios, tests and tapes, each
// with its messages, steps, expectations and failures, as one HTML file that
// needs nothing else.
//
// A [History] gathers what happens while a world runs; a [Run] is a history with
// how it came out. An [HTML] writes runs as a page, one after the other:
//
//	page := report.NewHTML(file, report.Options{Title: "night"})
//	err := page.Add(run)
//	err = page.Close()
//
// The page lists the runs, and draws each as lanes by topic along an axis. It
// works from a file, without a network, in the browsers of the last three years.
// FORMAT.md describes its data; the folder assets holds its script in the order
// of the list in assets.go, each file one module.
package report
