// Package rest asks a web service every so often and hands over what it says: a
// weather forecast, the price of electricity, the state of an inverter.
//
//	p, err := rest.New(l, rest.Options[Forecast]{
//		Name:    "weather",
//		URL:     "https://example.com/forecast",
//		Every:   time.Hour,
//		Client:  http.DefaultClient,
//		Convert: rest.JSON[Forecast],
//		Deliver: func(f Forecast) { ... },
//		Failed:  report,
//	})
//	beside.Add("weather", p.Run)
//
// A [Poller] is a function of package tasks, which starts it, cancels it and
// waits for its end. It asks off the loop; the answer is converted and delivered
// on it.
//
// No answer ends a poller: neither none at all, nor one of a bad status, nor one
// that cannot be converted, even by a panic. Which of them are told is set for
// each kind; in any case it asks again when it is time, or later, if
// Options.BackoffMax says so.
//
// All time is the runtime's, that of Options.Timeout included. So in a simulation
// a poller works as in production, with a client whose transport answers in the
// process, such as that of web.Servers.
package rest
