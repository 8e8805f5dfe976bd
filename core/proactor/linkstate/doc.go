// Package linkstate knows what state an MQTT link to a peer is in, and what may
// happen to it there.
//
//	links := linkstate.NewLinks(tap, log, count)
//	parent, err := links.Add("parent", linkstate.Upstream)
//	t, err := parent.Apply(linkstate.StartCalled)
//	if t.Activated() { ... }
//
// A link is started, connects, has its subscriptions acknowledged, hears from
// its peer, and is then active. Subscriptions and peer come in any order, which
// is why three states wait for one or both. Rules lists every legal transition;
// anything else is an *InputError and changes nothing.
//
// # Sending and receiving
//
// A link whose subscriptions are acknowledged is active for send, also while its
// peer is silent: what is sent then wakes the peer. It is active for receive
// only while the peer answers.
//
// The package is a pure state machine: it knows no client, no clock and no loop.
// Machines and Links are for the tasks of one runtime.
package linkstate
