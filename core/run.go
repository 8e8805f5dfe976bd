package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
)

// RunOptions say where an app runs in production.
type RunOptions struct {
	Name   string // "": "app"; also the client id, unless Broker has one
	Broker link.DialOptions
	Zone   string       // IANA name of the zone the app sees; "": UTC
	Seed   uint64       // of Env.Rand
	Log    slog.Handler // nil: slog.Default's
	// Grace is how long the app may take to end once ctx is done; then it is
	// ended where it waits, and Run returns an error. 0: 10 s.
	Grace time.Duration
}

const defaultGrace = 10 * time.Second

// Run runs an app against a real broker until ctx is done (nil is returned
// after the app's Stop), the app fails, or one of its tasks panics.
func Run(ctx context.Context, app App, o RunOptions) (err error) {
	if o.Name == "" {
		o.Name = "app"
	}
	if o.Broker.ClientID == "" {
		o.Broker.ClientID = o.Name
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	if o.Log == nil {
		o.Log = slog.Default().Handler()
	}
	zone, err := clock.LoadZone(o.Zone)
	if err != nil {
		return err
	}
	rt := clock.NewSystem(clock.SystemOptions{Zone: zone})
	defer func() { err = errors.Join(err, rt.Close()) }()
	dialing, stopDialing := context.WithCancel(ctx)
	defer context.AfterFunc(rt.Context(), stopDialing)()
	defer stopDialing()
	ended := make(chan error, 1)
	instance, err := Launch(rt, app, LaunchOptions{
		Name: o.Name, Seed: o.Seed, Log: o.Log, Broker: o.Broker,
		Dial: func(d link.DialOptions, wake func()) (link.Transport, error) { return link.Dial(dialing, d, wake) },
		End:  func(err error) { ended <- err },
	})
	if err != nil {
		return err
	}
	select { // rules: production; the runtime's order is not touched
	case err := <-ended:
		return err
	case <-rt.Failed():
		return nil // Close returns the panic
	case <-ctx.Done():
	}
	instance.Stop()
	patience := time.NewTimer(o.Grace) // rules: production; the runtime is not driven from here
	defer patience.Stop()
	select { // rules: production; the runtime is not driven from here
	case err := <-ended:
		return err
	case <-rt.Failed():
		return nil
	case <-patience.C:
		return fmt.Errorf("app %q did not end within %v of being told to: a callback waits or blocks", o.Name, o.Grace)
	}
}
