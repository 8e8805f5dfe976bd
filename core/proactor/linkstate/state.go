package linkstate

import "fmt"

// State is where a link stands. The zero State is NotStarted.
type State uint8

// The states.
const (
	NotStarted           State = iota
	Connecting                 // the client tries to reach the broker
	AwaitingSetupAndPeer       // connected; subscriptions and the peer are missing
	AwaitingSetup              // the peer was heard; subscriptions are missing
	AwaitingPeer               // subscribed; the peer is silent
	Active                     // subscribed, and the peer answers
	Stopped                    // for good

	states = iota
)

var stateNames = [states]string{
	NotStarted:           "not_started",
	Connecting:           "connecting",
	AwaitingSetupAndPeer: "awaiting_setup_and_peer",
	AwaitingSetup:        "awaiting_setup",
	AwaitingPeer:         "awaiting_peer",
	Active:               "active",
	Stopped:              "stopped",
}

func (s State) String() string {
	if s < states {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// ActiveForSend reports whether what is sent now can reach the peer.
func (s State) ActiveForSend() bool { return s == Active || s == AwaitingPeer }

// ActiveForReceive reports whether the peer is known to be there.
func (s State) ActiveForReceive() bool { return s == Active }
