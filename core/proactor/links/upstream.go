package links

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// Generate publishes an event upstream, if the link there is active for send, and
// stores it in any case (GW-066 to GW-068). What its header lacks is filled in.
// The error is that of an event which cannot be written; that one cannot be stored
// is logged. An event is generated once: a second Generate of it replaces the first.
func (k *Links) Generate(e events.New) error {
	h := e.Head()
	if h.MessageID == "" {
		h.MessageID = k.o.NewID()
	}
	if h.TimeNS == 0 {
		h.TimeNS = k.o.Wall().UnixNano()
	}
	if h.Src == "" {
		h.Src = k.o.Name
	}
	e.SetHead(h)
	return k.generate(h.MessageID, events.Value(e), func(error) {})
}

// Forward generates an event that a peer downstream has sent, with its own id
// and source. The payload is one that a message brought.
func (k *Links) Forward(payload any) error { return k.forward(payload, func(error) {}) }

// Relay is Forward for the event in a message of this link, which it acknowledges
// when the event is stored, so that it is in one store or the other at any time.
// One that cannot be stored is not acknowledged, and comes again.
func (one *Link) Relay(m codec.Message) error {
	return one.links.forward(m.Payload, func(err error) {
		if err == nil {
			one.Done(m)
		}
	})
}

func (k *Links) forward(payload any, done func(error)) error {
	e, ok := payload.(events.Event)
	if !ok || e.Head().MessageID == "" {
		return fmt.Errorf("%T is no event with an id", payload)
	}
	return k.generate(e.Head().MessageID, payload, done)
}

// generate publishes and stores. done is told on the loop whether it is stored.
// Without a link upstream an event is kept as it would be sent to whoever listens.
func (k *Links) generate(id string, payload any, done func(error)) error {
	dst := ""
	if k.upstream != nil {
		dst = k.upstream.o.PeerShort
	}
	w, err := k.write(dst, codec.Message{Header: codec.Header{MessageID: id, AckRequired: true}, Payload: payload})
	if err != nil {
		return err
	}
	if k.upstream != nil && k.upstream.State().ActiveForSend() {
		k.upload(w)
	}
	k.o.Store.Persist(id, w.text, func(p *problems.Problems, err error) {
		k.persisted(id, p, err)
		done(err)
	})
	return nil
}

// upload publishes an event and waits for its ack, also where the connection does
// not take it: then it is lost on the way.
func (k *Links) upload(w written) {
	if err := k.upstream.publish(w); err != nil {
		k.general.Warn("an event is not sent", "id", w.id, "error", err)
	}
	k.upstream.await(w.id, 0, w.id)
}

// persisted says how storing an event went. A problem of that is not made an event:
// it could not be stored either.
func (k *Links) persisted(id string, p *problems.Problems, err error) {
	if err != nil {
		k.general.Error("an event is not stored: it is lost unless the peer has it", "id", id, "error", err)
	}
	if !p.Empty() {
		k.general.Warn("an event was stored, with problems", "id", id, "problems", p.String())
	}
}

// comm counts and generates an event about a link.
func (k *Links) comm(one *Link, e events.New) {
	if kind, err := k.o.Codec.TypeOf(events.Value(e)); err == nil {
		one.stats.CommEvent(kind)
	}
	if err := k.Generate(e); err != nil {
		k.general.Error("event", "error", err)
	}
}

// problem generates a problem event.
func (k *Links) problem(severity events.Severity, summary, details string) {
	k.general.Warn(summary, "details", details)
	if err := k.Generate(&events.Problem{ProblemType: severity, Summary: summary, Details: details}); err != nil {
		k.general.Error("event", "error", err)
	}
}

// acked ends the wait for a message of ours. Where nobody waits for it any more
// the event stays stored, and is sent again (GW-054).
func (one *Link) acked(id string) {
	k := one.links
	w, ok := k.acks.Acked(one.Name(), id)
	if !ok || w.Context.event == "" {
		return
	}
	k.o.Store.Clear(id, func(p *problems.Problems, err error) {
		if err != nil {
			k.general.Error("an event that the peer has is still stored", "id", id, "error", err)
		}
	})
	if next, ok := k.reupload.Acked(id); ok {
		k.resend(k.attempt, next)
	}
}

// beginReupload takes what is stored at this moment, in its order.
func (k *Links) beginReupload() {
	attempt := k.attempt
	k.o.Store.Pending(func(ids []string) {
		if attempt != k.attempt {
			return // the link was lost since
		}
		for _, id := range k.reupload.Begin(ids) {
			k.resend(attempt, id)
		}
	})
}

// resend reads a stored event and sends it, or the one that takes its place.
func (k *Links) resend(attempt int, id string) {
	k.o.Store.Retrieve(id, func(content []byte, found bool, err error) {
		if attempt != k.attempt {
			return
		}
		if w, ok := k.reread(id, content, found, err); ok {
			k.upload(w)
		} else if next, ok := k.reupload.Unreadable(id); ok {
			k.resend(attempt, next)
		}
	})
}

// reread takes what the store says to an event. One that is unreadable is told of
// once; one that is there no more is no problem: the peer has acknowledged it, or it
// was dropped for room.
func (k *Links) reread(id string, content []byte, found bool, err error) (w written, ok bool) {
	if err == nil && !found {
		return w, false
	}
	if err == nil {
		w, err = k.restore(id, content)
	}
	if err != nil && !k.told[id] {
		k.told[id] = true
		k.problem(events.Error, "a stored event cannot be sent", fmt.Sprintf("id %s: %v", id, err))
	}
	return w, err == nil
}

// countReupload is the observer of the bookkeeping.
func (k *Links) countReupload(e reupload.Event) {
	switch e.Kind {
	case reupload.Started:
		k.upstream.stats.ReuploadsStarted++
	case reupload.Completed:
		k.upstream.stats.ReuploadsCompleted++
	}
	k.o.Logs.CommEvent().Info(e.String())
}
