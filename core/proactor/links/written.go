package links

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/mqtt"
)

// written is a message as it goes out.
type written struct {
	topic, kind, id string
	text            []byte
}

// write makes a message one from us to dst.
func (k *Links) write(dst string, m codec.Message) (w written, err error) {
	m.Src, m.Dst = k.o.Name, dst
	w.id = m.MessageID
	if w.kind, err = k.o.Codec.TypeOf(m.Payload); err != nil {
		return written{}, err
	}
	if w.topic, err = topic(m.Src, m.Dst, w.kind); err != nil {
		return written{}, err
	}
	w.text, err = k.o.Codec.Encode(m)
	return w, err
}

// topic is one that a broker takes.
func topic(src, dst, kind string) (string, error) {
	t, err := codec.Topic{Src: src, Dst: dst, Type: kind}.Format()
	if err != nil {
		return "", err
	}
	return t, mqtt.ValidateTopic(t)
}

// stored is what can be checked of a stored event without knowing its payload's
// type: a program may have forgotten types of which events are still stored.
type stored struct {
	Header struct {
		MessageType string
		MessageID   string // MessageId is read too: names are matched in any case
		AckRequired bool
	}
	Payload struct{ TypeName string }
}

// restore makes sure that what was stored as an event of that id still is one, and
// one that will be acknowledged.
func (k *Links) restore(id string, content []byte) (written, error) {
	var e stored
	if err := json.Unmarshal(content, &e); err != nil {
		return written{}, fmt.Errorf("it is no event any more: %w", err)
	}
	switch {
	case e.Header.MessageID != id:
		return written{}, fmt.Errorf("the id in it is %q", e.Header.MessageID)
	case !e.Header.AckRequired:
		return written{}, errors.New("it asks for no ack")
	case e.Payload.TypeName != e.Header.MessageType:
		return written{}, fmt.Errorf("it is a %q by its header, and a %q by itself", e.Header.MessageType, e.Payload.TypeName)
	}
	t, err := topic(k.o.Name, k.upstream.o.PeerShort, e.Header.MessageType)
	return written{topic: t, kind: e.Header.MessageType, id: id, text: content}, err
}
