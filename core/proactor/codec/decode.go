package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/tidwall/gjson"
)

// Decode reads a message that came on a topic. The topic's type, the header's
// and the payload's have to agree. Members that nobody knows are skipped. Every
// error is an *Error. Decode keeps nothing of text.
func (c *Codec) Decode(topic string, text []byte) (Message, error) {
	m, err := c.decode(topic, text)
	if err != nil {
		return Message{}, &Error{Topic: topic, Type: m.MessageType, Head: head(text), Err: err}
	}
	return m, nil
}

// decode returns what it knows of the header also with an error.
func (c *Codec) decode(topic string, text []byte) (m Message, err error) {
	t, err := ParseTopic(topic)
	if err != nil {
		return m, err
	}
	var e struct {
		Header   *header
		Payload  json.RawMessage
		TypeName string
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return m, fault("", err)
	}
	if e.TypeName != envelopeType {
		return m, fmt.Errorf("the TypeName is %q: an envelope's is %q", e.TypeName, envelopeType)
	}
	if e.Header == nil {
		return m, errors.New("there is no Header")
	}
	h := e.Header
	m.Header = Header{Src: h.Src, Dst: h.Dst, MessageType: h.MessageType, MessageID: h.MessageID, AckRequired: h.AckRequired}
	switch {
	case h.TypeName != headerType:
		return m, fmt.Errorf("the Header.TypeName is %q: a header's is %q", h.TypeName, headerType)
	case h.MessageType == "":
		return m, errors.New("the Header.MessageType is empty")
	case h.Src == "":
		return m, errors.New("the Header.Src is empty")
	case Dashed(h.MessageType) != Dashed(t.Type):
		return m, fmt.Errorf("the topic says that it is a %q", t.Type)
	}
	m.Payload, m.Version, err = c.decodePayload(h.MessageType, e.Payload)
	return m, err
}

func (c *Codec) decodePayload(name string, text json.RawMessage) (payload any, version string, err error) {
	if len(text) == 0 {
		return nil, "", errors.New("there is no Payload")
	}
	if text[0] != '{' {
		return nil, "", errors.New("the Payload is no object")
	}
	typeName, err := member(text, "TypeName")
	if err != nil {
		return nil, "", err
	}
	if typeName != name {
		return nil, "", fmt.Errorf("the Payload.TypeName is %q: the header says %q", typeName, name)
	}
	version, err = member(text, "Version")
	if err != nil {
		return nil, "", err
	}
	k, err := c.find(name, version)
	switch {
	case err == nil:
		payload, err = k.decode(text)
	case c.unknown == UnknownKept:
		return Raw{JSON: text}, version, nil
	}
	return payload, version, err
}

// member returns one of a payload's own; absent and null are empty. Unlike the
// decoder of Go it wants the very name: what is kept is passed on under it.
func member(object json.RawMessage, key string) (string, error) {
	v := gjson.GetBytes(object, key)
	if v.Type != gjson.String && v.Type != gjson.Null {
		return "", fmt.Errorf("the Payload.%s is no string", key)
	}
	return v.Str, nil
}

func (c *Codec) find(name, version string) (kind, error) {
	kinds, known := c.byName[name]
	if !known {
		return kind{}, fmt.Errorf("%w%s", ErrUnknownType, didyoumean.Suffix(name, slices.Sorted(maps.Keys(c.byName))))
	}
	var takes []string
	for _, k := range kinds {
		if k.takes(version) {
			return k, nil
		}
		takes = append(takes, k.versions...)
	}
	return kind{}, fmt.Errorf("%w: %q is none of %q", ErrUnknownVersion, version, takes)
}
