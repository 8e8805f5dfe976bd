package links

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// Generate publishes an event upstream, if the link there is active for send, and
// stores it in any case (GW-066 to GW-068). What its header lacks is filled in.
// The error is that of an event which cannot be written; one that cannot be
// stored is logged, and a problem.
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
	return k.generate(h.MessageID, events.Value(e))
}

// Forward generates an event that a peer downstream has sent, with its own id
// and source. The payload is one that a message brought.
func (k *Links) Forward(payload any) error {
	e, ok := payload.(events.Event)
	if !ok || e.Head().MessageID == "" {
		return fmt.Errorf("%T is no event with an id", payload)
	}
	return k.generate(e.Head().MessageID, payload)
}

func (k *Links) generate(id string, payload any) error {
	w, err := k.writeEvent(id, payload)
	if err != nil {
		return err
	}
	if k.upstream != nil && k.upstream.State().ActiveForSend() {
		if err := k.upstream.publish(w, 0, id); err != nil {
			k.general.Warn("event", "id", id, "error", err) // it is sent again from the store
		}
	}
	k.o.Store.Persist(id, w.text, func(p *problems.Problems, err error) { k.stored(id, p, err) })
	return nil
}

// writeEvent writes an event for the link upstream. Without one it is kept as it
// would be sent to whoever listens.
func (k *Links) writeEvent(id string, payload any) (written, error) {
	to := k.upstream
	if to == nil {
		to = &Link{links: k}
	}
	return to.write(codec.Message{Header: codec.Header{MessageID: id, AckRequired: true}, Payload: payload})
}

// stored says how storing an event went. A problem of that is not made an event:
// it could not be stored either.
func (k *Links) stored(id string, p *problems.Problems, err error) {
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
	if !ok || w.Context == "" {
		return
	}
	k.o.Store.Clear(w.Context, func(p *problems.Problems, err error) {
		if err != nil {
			k.general.Error("an event that the peer has is still stored", "id", w.Context, "error", err)
		}
	})
	if next, ok := k.reupload.Acked(w.Context); ok {
		k.resend(k.attempt, next)
	}
}

// beginReupload takes what is stored at this moment, in its order.
func (k *Links) beginReupload() {
	if k.reupload.InProgress() {
		return
	}
	k.attempt++
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
		w, err := k.reread(id, content, found, err)
		if err == nil {
			if err = k.upstream.publish(w, 0, id); err == nil {
				return
			}
			if k.general.Warn("event", "id", id, "error", err); errors.Is(err, link.ErrDown) {
				return // the loss will be told, and ends the reupload
			}
		}
		if next, ok := k.reupload.Unreadable(id); ok {
			k.resend(attempt, next)
		}
	})
}

// reread makes sure that what was stored is still an event. What it is not is
// told of once; an event that the peer has acknowledged meanwhile is no problem.
func (k *Links) reread(id string, content []byte, found bool, err error) (w written, _ error) {
	if err == nil && !found {
		return w, errGone
	}
	if err == nil {
		w, err = k.stillEvent(id, content)
	}
	if err != nil && !k.told[id] {
		k.told[id] = true
		k.problem(events.Error, "a stored event cannot be sent", fmt.Sprintf("id %s: %v", id, err))
	}
	return w, err
}

// stillEvent checks what can be checked without knowing the payload's type: a
// program may have forgotten types of which events are still stored.
func (k *Links) stillEvent(id string, content []byte) (written, error) {
	var envelope struct {
		Header struct{ MessageType, MessageID string } // MessageId is read too: names are matched in any case
	}
	if err := json.Unmarshal(content, &envelope); err != nil {
		return written{}, fmt.Errorf("it is no JSON any more: %w", err)
	}
	if envelope.Header.MessageID != id {
		return written{}, fmt.Errorf("the id in it is %q", envelope.Header.MessageID)
	}
	topic, err := codec.Topic{Src: k.o.Name, Dst: k.upstream.o.PeerShort, Type: envelope.Header.MessageType}.Format()
	return written{topic: topic, kind: envelope.Header.MessageType, id: id, text: content, ack: true}, err
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

var errGone = errors.New("the event is stored no more")
