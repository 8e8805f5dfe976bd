package scenarios

import (
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

// filterUse finds the filters that nothing matches: most likely a mistake.
type filterUse struct {
	open []FilterUse // not matched so far
}

func newFilterUse(s *Scenario, tape *recording) *filterUse {
	u := &filterUse{}
	for _, f := range s.Filters() {
		if !tape.matchesTopic(f.Filter) && !devicesMatch(s.Devices, f.Filter) {
			u.open = append(u.open, f)
		}
	}
	return u
}

func devicesMatch(devices []Device, filter string) bool {
	for _, d := range devices {
		if mqtt.Match(filter, d.StateTopic) || d.CommandTopic == filter || mqtt.Match(filter, d.CommandTopic) {
			return true
		}
	}
	return false
}

func (u *filterUse) hear(s *match.Subject) {
	for i := 0; i < len(u.open); i++ {
		if mqtt.Match(u.open[i].Filter, s.Topic) {
			u.open = append(u.open[:i], u.open[i+1:]...)
			i--
		}
	}
}

func (u *filterUse) unused(s *Scenario) (warnings []string) {
	for _, f := range u.open {
		warnings = append(warnings, fmt.Sprintf("%s:%d:%d: the filter %s of %s matches nothing on the tape, in the devices or in the run", s.File, f.Line, f.Col, f.Filter, f.For))
	}
	return warnings
}
