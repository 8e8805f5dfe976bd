package report

import "time"

// Status is how a run came out; "" for a tape, which is not judged.
type Status string

// The statuses.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Error   Status = "error" // could not run
	Skipped Status = "skipped"
)

// Run is one run of a scenario or a test, or one tape.
type Run struct {
	Name        string
	File        string // where it stands; "" for nowhere
	Description string // what it protects
	Tags        []string
	Status      Status
	Skip        string // why it was skipped
	Seed        uint64
	Digest      string // "" when there is none

	Facts []Fact // what else there is to say of it, above its timeline

	Start   time.Time     // the date at instant 0, in the zone that the automation sees; zero: not known
	From    time.Duration // where the timeline begins; 0: at the start
	Length  time.Duration // virtual time, or the tape's
	Wall    time.Duration // how long it really took; 0: not measured
	In, Out int           // messages said to, and by, the automations

	Failures []Failure
	Warnings []string
	Log      []string // the last lines the automations logged, in virtual time
	Repeat   string   // the command that runs it again; "" for none

	History *History // nil when nothing was kept
}

// end is when the last that is known of a run was.
func (r *Run) end() time.Duration {
	end := r.Length
	if r.History == nil {
		return end
	}
	for _, s := range r.History.Spans {
		end = max(end, s.To)
	}
	return max(end, r.History.end())
}

// Fact is something to say of a run, or a tape: a label, a count.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Failure is one reason why a run did not pass.
type Failure struct {
	Kind    string
	Message string        // one sentence
	Details []string      // what was seen instead, line by line
	Around  []string      // what was said around it, line by line
	At      time.Duration // virtual time
	Topic   string        // a filter of the messages concerned; "" for none
	Line    int           // in the file; 0: none
}
