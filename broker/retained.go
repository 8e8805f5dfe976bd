package broker

import (
	"slices"
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/hubtape/hubtape/mqtt"
)

// retainedTopics are the topics that have a retained message, in order. The
// messages themselves are in mochi's store, which is the truth: a topic listed
// here may have lost its message there.
type retainedTopics struct {
	has    map[string]struct{}
	sorted []string // holds every topic of has, and maybe others
	dirty  bool     // sorted is not in order, or holds others
}

func newRetainedTopics() retainedTopics {
	return retainedTopics{has: map[string]struct{}{}}
}

// note says that a topic got a retained message, or lost it.
func (r *retainedTopics) note(topic string, set bool) {
	_, had := r.has[topic]
	switch {
	case set && !had:
		r.has[topic] = struct{}{}
		r.sorted = append(r.sorted, topic)
		r.dirty = true
	case !set && had:
		delete(r.has, topic)
		r.dirty = true
	}
}

// matching returns the topics that may match a filter without share name, in
// order. Costs a sort after topics came or went, else two binary searches.
func (r *retainedTopics) matching(filter string) []string {
	if !strings.ContainsAny(filter, "+#") {
		return []string{filter}
	}
	if r.dirty {
		r.sorted = slices.DeleteFunc(r.sorted, func(t string) bool { _, ok := r.has[t]; return !ok })
		slices.Sort(r.sorted)
		r.sorted = slices.Compact(r.sorted)
		r.dirty = false
	}
	// All that match share the filter's levels before its first wildcard;
	// "a/#" matches "a" too, so the last '/' is not part of it.
	prefix := strings.TrimSuffix(filter[:strings.IndexAny(filter, "+#")], "/")
	from, _ := slices.BinarySearch(r.sorted, prefix)
	to := from
	for to < len(r.sorted) && strings.HasPrefix(r.sorted[to], prefix) {
		to++
	}
	return r.sorted[from:to]
}

// eachRetained calls fn for every retained message that matches, in topic order.
func (b *Broker) eachRetained(filter string, fn func(mqtt.Message, *packets.Packet)) {
	for _, topic := range b.retained.matching(filter) {
		if !mqtt.Match(filter, topic) {
			continue
		}
		pk, ok := b.server.Topics.Retained.Get(topic)
		if !ok {
			continue
		}
		m := fromPacket(&pk)
		m.Retain = true // [MQTT-3.3.1-8]
		fn(m, &pk)
	}
}

// Retained returns the retained messages that match a filter, in topic order:
// what a new subscriber would get now. An invalid filter matches nothing.
func (b *Broker) Retained(filter string) []mqtt.Message {
	if mqtt.ValidateFilter(filter) != nil {
		return nil
	}
	var out []mqtt.Message
	b.eachRetained(filter, func(m mqtt.Message, _ *packets.Packet) { out = append(out, m) })
	return out
}

// SetRetained places a message into the retained store without publishing it:
// nobody gets it now, and the tap does not see it. It is for what a world
// begins with. An empty payload takes the topic's message away
// [MQTT-3.3.1-10].
func (b *Broker) SetRetained(m mqtt.Message) error {
	if err := b.checkMessage(&m); err != nil {
		return opError("place a retained message on", m.Topic, "", err)
	}
	if err := b.enter(); err != nil {
		return opError("place a retained message on", m.Topic, "", err)
	}
	defer b.leave()
	m.Retain = true
	pk := packets.Packet{Created: b.rt.Wall().Unix()}
	fillPacket(&pk, &m)
	pk.PacketID = 0
	b.server.Topics.RetainMessage(pk.Copy(false))
	b.retained.note(m.Topic, len(m.Payload) > 0)
	return nil
}
