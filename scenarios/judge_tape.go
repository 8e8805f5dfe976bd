package scenarios

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/expect"
)

// tapeJudge is expect.same_as_tape.
type tapeJudge struct {
	listJudge
	*SameAsTape
	same *expect.Same
}

func newTapeJudge(s *Scenario, tape *recording) (*tapeJudge, error) {
	t, want := s.Tape, s.Expect.SameAsTape
	o := expect.SameOptions{Outputs: t.AppOutputs, Tolerance: want.Tolerance, Ignore: want.Ignore}
	until := sim.ToTheEnd
	if t.Until != nil {
		o.Until = max(*t.Until-t.From, 1)   // 0 is no limit
		until = *t.Until + 2*want.Tolerance // what is said within one after it may be earlier by the other
	}
	same, err := expect.NewSame(o, tape.records(mqtt.Selection{Include: t.AppOutputs}, t.From, until), t.From)
	if err != nil {
		return nil, s.tapeError(err)
	}
	return &tapeJudge{listJudge: listJudge{same, []Pos{want.Pos}}, SameAsTape: want, same: same}, nil
}

// compared reports whether there was anything to compare by the end of the run.
func (j *tapeJudge) compared(end time.Duration) bool { return j.same.Compared(end) }
