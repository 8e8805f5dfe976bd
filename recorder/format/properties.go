package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/tidwall/gjson"
)

// propertyNames are the keys by which a format knows the properties of MQTT 5.
type propertyNames struct {
	payloadFormat, expiry, contentType, responseTopic, user string
	correlation                                             string // as base64
	correlationText                                         string // as text, where it is text; "": never
	userPairs                                               bool   // user properties as a list of pairs, not as an object
}

var (
	ourNames = propertyNames{
		payloadFormat: "payload_format", expiry: "expiry_seconds", contentType: "content_type",
		responseTopic: "response_topic", correlation: "correlation_data", user: "user", userPairs: true,
	}
	// mosquitto_sub has no way to say what is not text; there our own key is used.
	mosquittoNames = propertyNames{
		payloadFormat: "payload-format-indicator", expiry: "message-expiry-interval", contentType: "content-type",
		responseTopic: "response-topic", correlation: "correlation_data", correlationText: "correlation-data", user: "user-properties",
	}
)

// jsonObject writes a JSON object key by key.
type jsonObject struct {
	b    []byte
	some bool
}

// key begins a member; its value is appended to b.
func (o *jsonObject) key(k string) {
	o.b = append(o.b, "{,"[one(o.some)])
	o.some = true
	o.b = append(appendString(o.b, k), ':')
}

func (o *jsonObject) number(k string, n uint64) {
	o.key(k)
	o.b = strconv.AppendUint(o.b, n, 10)
}

// text leaves out what is empty.
func (o *jsonObject) text(k, v string) {
	if v != "" {
		o.key(k)
		o.b = appendString(o.b, v)
	}
}

func (o *jsonObject) end() []byte {
	if !o.some {
		o.b = append(o.b, '{')
	}
	return append(o.b, '}')
}

func appendProperties(b []byte, p *mqtt.Properties, names *propertyNames) []byte {
	o := jsonObject{b: b}
	if p.PayloadFormat != nil {
		o.number(names.payloadFormat, uint64(*p.PayloadFormat))
	}
	if p.ExpirySeconds != nil {
		o.number(names.expiry, uint64(*p.ExpirySeconds))
	}
	o.text(names.contentType, p.ContentType)
	o.text(names.responseTopic, p.ResponseTopic)
	if names.correlationText != "" && utf8.Valid(p.CorrelationData) {
		o.text(names.correlationText, string(p.CorrelationData))
	} else {
		o.text(names.correlation, base64.StdEncoding.EncodeToString(p.CorrelationData))
	}
	if len(p.User) > 0 {
		o.key(names.user)
		o.b = appendUser(o.b, p.User, names.userPairs)
	}
	return o.end()
}

func appendUser(b []byte, user []mqtt.UserProperty, pairs bool) []byte {
	if !pairs {
		o := jsonObject{b: b}
		for _, u := range user {
			o.key(u.Key)
			o.b = appendString(o.b, u.Value)
		}
		return o.end()
	}
	for i, u := range user {
		b = append(b, "[,"[min(i, 1)], '[')
		b = appendString(b, u.Key)
		b = append(b, ',')
		b = appendString(b, u.Value)
		b = append(b, ']')
	}
	return append(b, ']')
}

var errNoObject = errors.New("it is no object")

func parseProperties(v gjson.Result) (*mqtt.Properties, error) {
	if v.Type == gjson.Null {
		return nil, nil
	}
	if !v.IsObject() {
		return nil, errNoObject
	}
	p := &mqtt.Properties{}
	return p, members(v, func(key string, v gjson.Result) error { return property(p, key, v) })
}

// property takes hubtape's names and, where they differ, those of others.
func property(p *mqtt.Properties, key string, v gjson.Result) (err error) {
	switch key {
	case "payload_format", "payload-format-indicator":
		f, perr := strconv.ParseUint(v.Raw, 10, 8)
		p.PayloadFormat, err = ptr(byte(f)), perr
	case "expiry_seconds", "message-expiry-interval":
		e, perr := strconv.ParseUint(v.Raw, 10, 32)
		p.ExpirySeconds, err = ptr(uint32(e)), perr
	case "content_type", "content-type":
		p.ContentType, err = text(v)
	case "response_topic", "response-topic":
		p.ResponseTopic, err = text(v)
	case "correlation_data":
		p.CorrelationData, err = base64.StdEncoding.DecodeString(v.String())
	case "correlation-data":
		p.CorrelationData = []byte(v.String())
	case "user":
		p.User, err = userPairs(v)
	case "user-properties":
		p.User = userObject(v)
	}
	return err
}

func userPairs(v gjson.Result) (user []mqtt.UserProperty, err error) {
	v.ForEach(func(_, pair gjson.Result) bool {
		kv := pair.Array()
		if len(kv) != 2 {
			err = errors.New("it is no list of pairs")
			return false
		}
		user = append(user, mqtt.UserProperty{Key: kv[0].String(), Value: kv[1].String()})
		return true
	})
	return user, err
}

// userObject reads an object; a list in it is one key given several times.
func userObject(v gjson.Result) (user []mqtt.UserProperty) {
	v.ForEach(func(k, v gjson.Result) bool {
		values := []gjson.Result{v}
		if v.IsArray() {
			values = v.Array()
		}
		for _, v := range values {
			user = append(user, mqtt.UserProperty{Key: k.String(), Value: v.String()})
		}
		return true
	})
	return user
}

func ptr[T any](v T) *T { return &v }

// members walks over the keys of an object; an error names its key.
func members(obj gjson.Result, field func(key string, v gjson.Result) error) (err error) {
	obj.ForEach(func(k, v gjson.Result) bool {
		if err = field(k.String(), v); err != nil {
			err = fmt.Errorf("%q: %w", short(k.String()), err)
		}
		return err == nil
	})
	return err
}
