package splice

import "github.com/hubtape/hubtape/recorder"

// Result says what was done. It counts up to where an error ended the work.
type Result struct {
	Records uint64 // on the new tape, State included
	Dropped uint64 // records of the sources, within the stretch, that are not on the new tape
	State   uint64 // snapshots placed at the head, which no source has
	Gaps    uint64 // gaps that were clipped at an edge, or joined
	Held    uint64 // records later than their tape's clock says, since the part before had not ended by then
}

// progressEvery is how many records are read between two calls of Progress.
const progressEvery = 4096

// meter tells how far the work is.
type meter struct {
	tell  func(done, total uint64) // nil: nobody listens
	done  uint64
	total uint64
}

func newMeter(tell func(done, total uint64), tapes ...*recorder.Tape) meter {
	m := meter{tell: tell}
	for _, t := range tapes {
		m.total += t.Info().Records
	}
	return m
}

// step counts a record that was read.
func (m *meter) step() {
	if m.done++; m.tell != nil && m.done%progressEvery == 0 && m.done < m.total {
		m.tell(m.done, m.total)
	}
}

// end tells that all is done.
func (m *meter) end() {
	if m.tell != nil {
		m.tell(m.total, m.total)
	}
}
