// Package watchdog notices that a part of a program hangs, and lets a service
// manager notice that all of it does.
//
//	w, err := watchdog.New(l, watchdog.Options{
//		Expired:  func(x watchdog.Expiry) { shutDown(x.String()) },
//		External: notify,
//		PatFailed: func(err error) { shutDown(err.Error()) },
//	})
//	err = w.Add("pump", 20*time.Second)
//	w.Start()
//	...
//	err = w.Pat("pump")
//
// Inside, whoever is watched has a name, and pats the watchdog under it. A timer
// of the loop looks at all of them, every 9 s. The first that has not patted for
// longer than it may is told to Expired, and with it the watchdog ends.
//
// Outside, each look after which nobody has expired pats an [External]: [Notify]
// tells systemd, [Command] runs a program. A loop that is held up looks no more,
// so the service manager hears nothing and starts the program again. That goes
// for a watchdog that has ended, too.
//
// Pats go by the loop. A callback that holds the loop for longer than a name's
// timeout is an expiry of that name as well, if its pats had to wait behind it.
//
// In a simulation External is nil, or something made for the test: what Notify
// and Command talk to is real.
//
// A Watchdog is for the tasks of its loop's runtime.
package watchdog
