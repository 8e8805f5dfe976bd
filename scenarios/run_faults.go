package scenarios

import (
	"slices"
	"time"

	"github.com/hubtape/hubtape/sim"
)

// cut puts the disconnects into the world.
func (r *run) cut() error {
	for _, f := range r.disconnects() {
		if err := r.world.Cut(sim.Cut{Client: f.Client, At: orZero(f.At), For: orZero(f.For)}); err != nil {
			return err
		}
	}
	return nil
}

// warnOfCuts warns of disconnects that did nothing: their client is nobody, or
// they are later than the end. A run that failed before one has not seen all who
// connect.
func (r *run) warnOfCuts(met bool, end time.Duration) {
	clients := r.world.Clients()
	for _, f := range r.disconnects() {
		early := end < orZero(f.At)
		switch {
		case early && !met:
		case !slices.Contains(clients, f.Client):
			hint := nearHint(f.Client, clients)
			if hint == "" {
				hint = "nobody at all did"
			}
			r.warn("%s:%d:%d: nobody connected as the client %q that disconnect names; %s", r.scenario.File, f.ClientPos.Line, f.ClientPos.Col, f.Client, hint)
		case early:
			r.warn("%s:%d:%d: the scenario ended at %v, before the disconnect at %v", r.scenario.File, f.Line, f.Col, end, *f.At)
		}
	}
}

func (r *run) disconnects() (list []Fault) {
	for _, f := range r.scenario.Faults {
		if f.Kind == FaultDisconnect {
			list = append(list, f)
		}
	}
	return list
}

func orZero(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return *d
}
