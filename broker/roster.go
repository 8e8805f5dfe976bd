package broker

import (
	"maps"
	"slices"
)

// NetworkClient is a client that is connected through Serve.
type NetworkClient struct {
	ID string
	// Version is 3 for MQTT 3.1, 4 for 3.1.1, 5 for 5.
	Version byte
	// Subscriptions are in the order of their filters, byte by byte.
	Subscriptions []Subscription
}

// Subscription is a filter, and the QoS that was granted for it.
type Subscription struct {
	Filter string
	QoS    byte
}

// NetworkClients returns who is connected through Serve, in the order of their
// ids. The tap may not have been told of the latest yet.
func (b *Broker) NetworkClients() []NetworkClient {
	all := b.server.Clients.GetAll()
	var out []NetworkClient
	for _, id := range slices.Sorted(maps.Keys(all)) {
		cl := all[id]
		if cl.Closed() {
			continue
		}
		n := NetworkClient{ID: id, Version: cl.Properties.ProtocolVersion}
		subs := cl.State.Subscriptions.GetAll()
		for _, filter := range slices.Sorted(maps.Keys(subs)) {
			n.Subscriptions = append(n.Subscriptions, Subscription{Filter: filter, QoS: subs[filter].Qos})
		}
		out = append(out, n)
	}
	return out
}
