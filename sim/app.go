package sim

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
)

// endedNote is the warning of an app that ended without an error.
func endedNote(app string, at time.Duration) string {
	return fmt.Sprintf("app %q ended by itself at %v: what it must not do after that, it cannot", app, at)
}

// launchApp starts an app under test; when it fails, so does the world.
func (w *World) launchApp(a *appEntry) error {
	failed := func(err error) {
		w.fail(&Failure{
			Kind: "app", At: w.Now(), Err: err, Message: fmt.Sprintf("app %q failed: %v", a.name, err),
			Around: w.Around(Scene{From: w.Now(), To: w.Now()}),
		})
	}
	_, err := core.Launch(w.clock, a.app, core.LaunchOptions{
		Name: a.name, Seed: w.options.Seed, Log: w.options.Log, Dial: w.network.dialer(a.owner), Broker: link.DialOptions{ClientID: a.name},
		End: func(err error) {
			if err == nil && !w.closed {
				w.note("%s", endedNote(a.name, w.Now()))
			}
			if err != nil {
				failed(err)
			}
		},
	})
	if err != nil {
		failed(err)
	}
	return w.failed()
}
