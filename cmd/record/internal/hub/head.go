package hub

import (
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// AtTheHead is the Text of connects and subscriptions that were made before the
// part of the recording at whose head they stand.
const AtTheHead = "at the head of this part"

// begin puts what is retained at the start.
func (h *Hub) begin() {
	h.rt.Post(func() {
		h.putRetained()
		h.headDone()
	})
}

// head is called by the deck when another part has begun.
func (h *Hub) head() {
	h.rt.Post(func() {
		h.putRetained()
		for _, c := range h.broker.NetworkClients() {
			h.source.Offer(recorder.Record{Kind: recorder.KindConnect, Client: c.ID, Text: AtTheHead})
			for _, s := range c.Subscriptions {
				h.source.Offer(recorder.Record{
					Kind: recorder.KindSubscribe, Client: c.ID, Text: AtTheHead,
					Message: mqtt.Message{Topic: s.Filter, QoS: s.QoS},
				})
			}
		}
		h.headDone()
	})
}

// putRetained puts what the broker has retained, in the order of the topics.
func (h *Hub) putRetained() {
	for _, m := range h.broker.Retained("#") {
		h.source.Offer(recorder.Record{Kind: recorder.KindSnapshot, Message: m})
	}
}

// headDone says so to the deck, which may have to make room first: nobody of the
// broker waits for that.
func (h *Hub) headDone() { h.heads.Go(h.source.HeadDone) }
