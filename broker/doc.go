// Package broker is an MQTT broker for a world that must come out the same
// every time: the embedded mochi broker with its deliveries in a fixed order.
//
//	b, err := broker.New(broker.Options{Runtime: rt})
//	hall, err := b.Connect(broker.ConnectOptions{ClientID: "hall", Wake: sig.Set})
//	_, err = hall.Subscribe("zigbee2mqtt/#", 1)
//	err = lamp.Publish(mqtt.Message{Topic: "zigbee2mqtt/lamp", Payload: on})
//	m, ok := hall.Receive()
//
// # Sessions
//
// A [Session] is one connection of a client that lives in this program. A
// publish goes through mochi (its hooks, its retained store, its network
// subscribers), and is appended to the queue of every session that subscribes;
// it never calls a subscriber's code. Whoever owns a session takes the
// deliveries out with Receive, in a task of its own. So when B answers m1 with
// m2, every subscriber sees m1 before m2.
//
// # Order
//
// A message reaches sessions in the order in which their subscriptions were
// first made, counted over the whole broker. Where several filters of one
// session match, it gets one copy, at the highest QoS among them, at the place
// of the earliest. Retained messages are replayed in the order of their
// topics, byte by byte. Members of a shared subscription take turns in the
// order in which they subscribed. Nothing here depends on a map, a goroutine,
// the system's time or a random number.
//
// # Sessions and delivery
//
// A delivery counts as acknowledged the moment Receive returns it: nothing is
// sent twice, and Dup is never set. When a connection ends, what was not yet
// received at QoS 0 is lost; what was queued at QoS 1 and 2 is kept if the
// session is persistent.
//
// # Threads
//
// A Broker and its sessions belong to the tasks of one [clock.Runtime], which
// run one at a time: they take no locks, and must not be used from other
// goroutines. Tap and Wake are called in the middle of an operation and must
// not call the broker back (an operation that tries returns [ErrReentrant]).
//
// # Serving
//
// [Broker.Serve] opens network listeners: TCP, TLS, WebSocket. Network clients
// run on goroutines of mochi's; what they do is handed to the runtime through a
// [clock.Source] and takes effect for sessions, and in the tap, in the order in
// which it was handed over. Between network clients mochi delivers by itself.
// A network client that does not read holds up nobody: 1 MiB and
// Options.MaxPending messages wait for it, and further ones are dropped, each with
// an event. The same goes for one that does not acknowledge: as many messages of
// QoS 1 and 2 as its Receive Maximum are under way to it, and 8,192 where it has
// none (MQTT 3.1.1 knows none; a smaller number would only cost it speed, since it
// is TCP that limits what it has to take). An idle one costs about 20 KiB and 8 bytes for each message that may
// wait. What a client was not allowed is told to Options.Refused.
//
// A served broker runs mochi's own expiry on the system's time, and publishes
// mochi's $SYS topics to network clients only.
//
// Message expiry, delayed wills, session expiry and keepalive are not kept for
// in-process sessions: such a session ends when somebody ends it.
package broker
