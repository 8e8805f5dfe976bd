// Package conn is one connection to an MQTT broker over the network, in MQTT 5
// or 3.1.1, for whoever subscribes to what a hub says or publishes to it.
//
//	c, err := conn.Dial(ctx, conn.Options{
//		Broker:    "mqtts://user@hub",
//		Password:  password,
//		OnMessage: func(in conn.Incoming) { … },
//		OnLost:    func(err error) { … }, // dial again
//	})
//	…
//	err = c.Subscribe(ctx, conn.Subscription{Filter: "#", QoS: 1})
//
// A connection is made once and never again: when it is lost, OnLost says so and
// the caller dials anew. Sessions are clean; nothing outlives the connection.
//
// # Order and back-pressure
//
// OnMessage is called in the order of the wire, one call at a time, and while it
// blocks not much more than 1 MiB or 1,000 messages are read ahead; from then on
// the broker has to wait. A message is acknowledged when OnMessage has returned.
// Nothing is answered to us in the meantime, so OnMessage must not call
// Subscribe, Unsubscribe or Close, and a Publish in it may block for ever when
// its window is full. We still send pings, so the broker keeps the connection
// however long OnMessage blocks, unless it gives up on a slow reader: many drop
// messages of QoS 0 then, and mosquitto those above max_queued_messages.
//
// Publish blocks while too much is unacknowledged: the broker's Receive Maximum,
// and at most 1,000, with MQTT 5; 20 with 3.1.1.
//
// # What the broker says
//
// Every packet is checked before it is decoded. A malformed one ends the
// connection with an error that wraps ErrMalformed; no packet makes it panic.
// No error and no text of this package shows a password.
package conn
