package linkstate_test

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// A link comes up, loses its peer and hears it again.
func ExampleMachine() {
	parent := linkstate.New("parent", func(t linkstate.Transition) { fmt.Println(t) })
	for _, in := range []linkstate.Input{
		linkstate.StartCalled, linkstate.MQTTConnected, linkstate.Suback(1), linkstate.Suback(0),
		linkstate.MessageFromPeer, linkstate.ResponseTimeout, linkstate.MessageFromPeer,
	} {
		t, err := parent.Apply(in)
		if err != nil {
			fmt.Println(err)
		}
		if t.Activated() {
			fmt.Println("send again what is stored")
		}
	}
	_, err := parent.Apply(linkstate.StartCalled)
	fmt.Println(err)
	// Output:
	// parent: not_started + start_called -> connecting
	// parent: connecting + mqtt_connected -> awaiting_setup_and_peer
	// parent: awaiting_setup_and_peer + mqtt_suback with some pending -> awaiting_setup_and_peer
	// parent: awaiting_setup_and_peer + mqtt_suback with none pending -> awaiting_peer
	// parent: awaiting_peer + message_from_peer -> active
	// send again what is stored
	// parent: active + response_timeout -> awaiting_peer
	// parent: awaiting_peer + message_from_peer -> active
	// send again what is stored
	// link "parent" takes no start_called while it is active: the input was ignored
}

// Which inputs stop a link, and where.
func ExampleRules() {
	for _, r := range linkstate.Rules() {
		if r.To == linkstate.Stopped {
			fmt.Println(r)
		}
	}
	// Output:
	// not_started + stop_called -> stopped
	// connecting + stop_called -> stopped
	// awaiting_setup_and_peer + stop_called -> stopped
	// awaiting_setup + stop_called -> stopped
	// awaiting_peer + stop_called -> stopped
	// active + stop_called -> stopped
	// stopped + stop_called -> stopped
}

// A side with a link to whom it reports and one to whom it commands.
func ExampleLinks() {
	links := linkstate.NewLinks()
	_, _ = links.Add("parent", linkstate.Upstream)
	_, _ = links.Add("child", linkstate.Downstream)
	_, err := links.Add("aunt", linkstate.Upstream)
	fmt.Println(err)
	fmt.Println(links.StartAll())
	for _, m := range links.All() {
		fmt.Println(m.Link(), m.State())
	}
	// Output:
	// add link "aunt": another link has that role: at most one is upstream, and one downstream
	// <nil>
	// parent connecting
	// child connecting
}
