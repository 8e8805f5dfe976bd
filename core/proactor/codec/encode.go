package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/tidwall/gjson"
)

// Encode writes a message. A MessageType that is given has to be the payload's;
// AckRequired needs a MessageID. The bytes depend on nothing but the message.
func (c *Codec) Encode(m Message) ([]byte, error) {
	payload, name, err := c.encodePayload(m)
	if err != nil {
		return nil, &Error{Type: m.MessageType, Err: err}
	}
	switch {
	case m.MessageType != "" && m.MessageType != name:
		err = fmt.Errorf("the payload is a %q", name)
	case m.AckRequired && m.MessageID == "":
		err = fmt.Errorf("an ack is required, but there is no MessageID that it could name")
	}
	if err != nil {
		return nil, &Error{Type: m.MessageType, Err: err}
	}
	return marshal(envelope{
		Header: header{
			Src: m.Src, Dst: m.Dst, MessageType: name, MessageID: m.MessageID, AckRequired: m.AckRequired,
			TypeName: headerType, Version: headerVersion,
		},
		Payload:  payload,
		TypeName: envelopeType,
	})
}

func (c *Codec) encodePayload(m Message) (text []byte, name string, err error) {
	if raw, ok := m.Payload.(Raw); ok {
		return encodeRaw(raw)
	}
	k, ok := c.byGoType[reflect.TypeOf(m.Payload)]
	if !ok {
		return nil, "", fmt.Errorf("%w: %T", ErrUnknownType, m.Payload)
	}
	version := m.Version
	if version == "" {
		version = k.newest()
	} else if len(k.versions) == 0 || !k.takes(version) {
		return nil, "", fmt.Errorf("%w: %T is not version %q of %q", ErrUnknownVersion, m.Payload, version, k.name)
	}
	if err := validate(pointerTo(m.Payload)); err != nil {
		return nil, "", err
	}
	text, err = marshal(m.Payload)
	if err == nil {
		err = checkBody(text)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%T %w", m.Payload, err)
	}
	return sign(text, k.name, version), k.name, nil
}

// pointerTo returns a pointer to a copy, for Validate methods that have one as
// their receiver.
func pointerTo(payload any) any {
	p := reflect.New(reflect.TypeOf(payload))
	p.Elem().Set(reflect.ValueOf(payload))
	return p.Interface()
}

func encodeRaw(raw Raw) (text []byte, name string, err error) {
	if !json.Valid(raw.JSON) || !gjson.ParseBytes(raw.JSON).IsObject() {
		return nil, "", fmt.Errorf("a Raw payload has to be a JSON object")
	}
	name = gjson.GetBytes(raw.JSON, "TypeName").String()
	if name == "" {
		return nil, "", fmt.Errorf("a Raw payload has to have a TypeName")
	}
	return raw.JSON, name, nil
}

// sign puts the members at the end of an object that say what it is.
func sign(object []byte, name, version string) []byte {
	end := []byte(`"TypeName":` + quote(name))
	if version != "" {
		end = append(end, `,"Version":`+quote(version)...)
	}
	body := object[:len(object)-1]
	if len(body) > 1 {
		body = append(body, ',')
	}
	return append(append(body, end...), '}')
}

func quote(s string) string {
	text, _ := json.Marshal(s) // a string has a JSON form
	return string(text)
}

// checkBody looks at what a payload's JSON is before it is signed.
func checkBody(text []byte) error {
	body := gjson.ParseBytes(text)
	if !body.IsObject() {
		return fmt.Errorf("%w: its JSON is no object", ErrNotPayload)
	}
	for _, key := range []string{"TypeName", "Version"} {
		if body.Get(key).Exists() {
			return fmt.Errorf("%w: it has a member %s, which the codec writes", ErrNotPayload, key)
		}
	}
	return nil
}

// marshal writes <, > and & as they are, like everybody else on the wire.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// TypeOf is the message type that a payload travels as, or ErrUnknownType.
func (c *Codec) TypeOf(payload any) (string, error) {
	if raw, ok := payload.(Raw); ok {
		_, name, err := encodeRaw(raw)
		return name, err
	}
	k, ok := c.byGoType[reflect.TypeOf(payload)]
	if !ok {
		return "", fmt.Errorf("%w: %T", ErrUnknownType, payload)
	}
	return k.name, nil
}
