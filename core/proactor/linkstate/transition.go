package linkstate

// Transition is what an input did to a link. Of the zero Transition nothing
// holds.
type Transition struct {
	Link     string
	Input    Input
	Old, New State
}

func (t Transition) String() string {
	return t.Link + ": " + Rule{From: t.Old, Input: t.Input, To: t.New}.String()
}

// Changed reports whether the link is in another state than before.
func (t Transition) Changed() bool { return t.Old != t.New }

// Activated reports whether the link has become active.
func (t Transition) Activated() bool { return t.Old != Active && t.New == Active }

// Deactivated reports whether the link was active and no longer is.
func (t Transition) Deactivated() bool { return t.Old == Active && t.New != Active }

// SendActivated reports whether from now on what is sent can reach the peer.
func (t Transition) SendActivated() bool {
	return !t.Old.ActiveForSend() && t.New.ActiveForSend()
}

// SendDeactivated reports whether from now on nothing that is sent reaches the
// peer.
func (t Transition) SendDeactivated() bool {
	return t.Old.ActiveForSend() && !t.New.ActiveForSend()
}

// ReceiveActivated reports whether the peer is there from now on.
func (t Transition) ReceiveActivated() bool {
	return !t.Old.ActiveForReceive() && t.New.ActiveForReceive()
}

// ReceiveDeactivated reports whether the peer is no longer known to be there.
func (t Transition) ReceiveDeactivated() bool {
	return t.Old.ActiveForReceive() && !t.New.ActiveForReceive()
}
