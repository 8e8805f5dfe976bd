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
	until := sim.ToTheEnd
	if t.Until != nil {
		until = *t.Until
	}
	o := expect.SameOptions{Outputs: t.AppOutputs, Tolerance: want.Tolerance, Ignore: want.Ignore}
	same, err := expect.NewSame(o, tape.records(mqtt.Selection{Include: t.AppOutputs}, t.From, until), t.From)
	if err != nil {
		return nil, s.tapeError(err)
	}
	return &tapeJudge{listJudge: listJudge{same, []Pos{want.Pos}}, SameAsTape: want, same: same}, nil
}

// compared reports whether there was anything to compare by the end of the run.
func (j *tapeJudge) compared(end time.Duration) bool { return j.same.Compared(end) }
