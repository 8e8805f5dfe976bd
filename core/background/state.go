package background

// State is where a future is.
type State uint8

// A future goes from Waiting to one of Completed, Failed and Cancelled.
const (
	Waiting    State = iota // for a worker, or for the message that it began
	Executing               // the job has begun
	Completed               // the job has returned a result
	Failed                  // the job has returned an error, or panicked
	Cancelling              // it was cancelled, and the job has not ended yet
	Cancelled               // it was cancelled, and the job has ended or will not begin
)

func (s State) String() string {
	return [...]string{"waiting", "executing", "completed", "failed", "cancelling", "cancelled"}[s]
}

// Done reports whether nothing comes after the state.
func (s State) Done() bool { return s == Completed || s == Failed || s == Cancelled }

// Cancellable reports whether Cancel changes something in the state.
func (s State) Cancellable() bool { return s == Waiting || s == Executing }

// phase is a State, and while a future is cancelling also whether its job is
// known to have begun.
type phase struct {
	State
	begun bool
}

// event is what moves a future: a message of its job, or a Cancel.
type event uint8

const (
	started   event = iota // the job begins
	sent                   // an item, or progress
	returned               // the job has ended with a result
	raised                 // the job has ended with an error
	abandoned              // the job will not begin
	cancelled              // somebody called Cancel
)

func (e event) String() string {
	return [...]string{"started", "sent", "returned", "raised", "abandoned", "cancelled"}[e]
}

var (
	waiting    = phase{Waiting, false}
	executing  = phase{Executing, true}
	completed  = phase{Completed, true}
	failed     = phase{Failed, true}
	called     = phase{Cancelling, false} // cancelled before the job was known to begin
	cancelling = phase{Cancelling, true}
	ended      = phase{Cancelled, true}
)

// transitions are all that can happen to a future. What a job sends after a
// cancel is legal, and comes to nothing.
var transitions = map[phase]map[event]phase{
	waiting:    {started: executing, cancelled: called},
	executing:  {sent: executing, returned: completed, raised: failed, cancelled: cancelling},
	called:     {started: cancelling, abandoned: ended},
	cancelling: {sent: cancelling, returned: ended, raised: ended},
}

// ExecutorState is where an executor is in its life.
type ExecutorState uint8

// An executor goes through these once, in this order.
const (
	Running  ExecutorState = iota
	Stopping               // no new jobs; some have not ended yet
	Stopped
)

func (s ExecutorState) String() string {
	return [...]string{"running", "stopping", "stopped"}[s]
}
