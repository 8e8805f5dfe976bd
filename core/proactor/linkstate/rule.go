package linkstate

import "slices"

// Rule is one legal transition.
type Rule struct {
	From  State
	Input Input
	To    State
}

func (r Rule) String() string {
	return r.From.String() + " + " + r.Input.String() + " -> " + r.To.String()
}

var rules = []Rule{
	{NotStarted, StartCalled, Connecting},
	{NotStarted, StopCalled, Stopped},

	{Connecting, MQTTConnected, AwaitingSetupAndPeer},
	{Connecting, MQTTConnectFailed, Connecting},
	{Connecting, StopCalled, Stopped},

	{AwaitingSetupAndPeer, SubackPending, AwaitingSetupAndPeer},
	{AwaitingSetupAndPeer, SubackLast, AwaitingPeer},
	{AwaitingSetupAndPeer, MessageFromPeer, AwaitingSetup},
	{AwaitingSetupAndPeer, MQTTDisconnected, Connecting},
	{AwaitingSetupAndPeer, StopCalled, Stopped},

	{AwaitingSetup, SubackPending, AwaitingSetup},
	{AwaitingSetup, SubackLast, Active},
	{AwaitingSetup, MessageFromPeer, AwaitingSetup},
	{AwaitingSetup, MQTTDisconnected, Connecting},
	{AwaitingSetup, StopCalled, Stopped},

	{AwaitingPeer, MessageFromPeer, Active},
	{AwaitingPeer, ResponseTimeout, AwaitingPeer},
	{AwaitingPeer, MQTTDisconnected, Connecting},
	{AwaitingPeer, StopCalled, Stopped},

	{Active, MessageFromPeer, Active},
	{Active, ResponseTimeout, AwaitingPeer},
	{Active, MQTTDisconnected, Connecting},
	{Active, StopCalled, Stopped},

	{Stopped, StopCalled, Stopped},
}

// Rules returns all legal transitions, by state; the slice is the caller's.
func Rules() []Rule { return slices.Clone(rules) }

// cell is what follows a pair of state and input.
type cell struct {
	to    State
	legal bool
}

// next is the rules, to be looked up by index.
var next = tabulate(rules)

func tabulate(rules []Rule) (table [states][inputs]cell) {
	for _, r := range rules {
		table[r.From][r.Input] = cell{to: r.To, legal: true}
	}
	return table
}

// Next is the state that follows an input, or false where it is not legal.
func Next(from State, in Input) (to State, legal bool) {
	if from >= states || in >= inputs {
		return from, false
	}
	c := next[from][in]
	if !c.legal {
		return from, false
	}
	return c.to, true
}
