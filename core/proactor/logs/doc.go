// Package logs is a proactor's log: a general one and one for each category,
// with levels of their own, on the screen and in files that roll over.
//
//	l, err := logs.Open(logs.Options{Screen: os.Stderr, File: logs.FileOptions{Path: path}, Now: rt.Wall})
//	defer l.Close()
//	l.General().Warn("the tank is cold", "celsius", 31)
//	l.Lifecycle().Info("started")
//	l.MessageSummary("SND", "s", topic, "power.watts", id)
//
// The categories message-summary (each message, in one line), lifecycle and
// comm-event are always there; others can be added. All lines carry the time of
// Options.Now, which in a simulated world is the world's.
package logs
