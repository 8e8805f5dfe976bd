package compare

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/tidwall/gjson"
)

// fields lists in what two messages differ.
func (c *comparer) fields(a, b *recorder.Record) (out []FieldDiff) {
	f := fieldLister{rules: c.rules}
	x, okA := parse(a.Payload)
	y, okB := parse(b.Payload)
	switch {
	case okA && okB:
		f.compare("payload", "", x, y)
	case okA != okB || string(a.Payload) != string(b.Payload):
		f.add("payload", shown(a.Payload), shown(b.Payload))
	}
	if c.o.Flags {
		return append(f.found, flags(a, b)...)
	}
	return f.found
}

type fieldLister struct {
	rules *rules
	found []FieldDiff
}

func (f *fieldLister) add(path, a, b string) { f.found = append(f.found, FieldDiff{path, a, b}) }

// compare goes down two JSON values. shown is the path that is told, and path
// the one that is ignored.
func (f *fieldLister) compare(shown, path string, a, b gjson.Result) {
	switch {
	case a.IsObject() && b.IsObject():
		f.objects(shown, path, a, b)
		return
	case a.IsArray() && b.IsArray():
		x, y := a.Array(), b.Array()
		if len(x) == len(y) {
			for i := range x {
				f.compare(fmt.Sprintf("%s[%d]", shown, i), path, x[i], y[i])
			}
			return
		}
	}
	if !f.rules.equal(f.rules.valueForm(path, a), f.rules.valueForm(path, b)) {
		f.add(shown, clip(a.Raw), clip(b.Raw))
	}
}

// valueForm is the form of a value inside of a payload.
func (r *rules) valueForm(path string, v gjson.Result) *form {
	w := formWriter{rules: r}
	w.value(path, v)
	return newForm(true, string(w.shape), w.numbers)
}

func (f *fieldLister) objects(shown, path string, a, b gjson.Result) {
	x, y := jsontext.Members(a), jsontext.Members(b)
	for len(x) > 0 || len(y) > 0 {
		var key string
		switch {
		case len(y) == 0 || len(x) > 0 && x[0].Key <= y[0].Key:
			key = x[0].Key
		default:
			key = y[0].Key
		}
		var m, n *jsontext.Member
		if len(x) > 0 && x[0].Key == key {
			m, x = &x[0], x[1:]
		}
		if len(y) > 0 && y[0].Key == key {
			n, y = &y[0], y[1:]
		}
		below, ignored := f.rules.ignores(path, key)
		switch {
		case ignored:
		case m == nil:
			f.add(shown+named(key), "", clip(n.Value.Raw))
		case n == nil:
			f.add(shown+named(key), clip(m.Value.Raw), "")
		default:
			f.compare(shown+named(key), below, m.Value, n.Value)
		}
	}
}

// named is how a key stands in a path.
func named(key string) string {
	if key == "" || strings.ContainsAny(key, ".[] \"") {
		return "[" + strconv.Quote(key) + "]"
	}
	return "." + key
}

// flags lists in what two messages differ beside their payloads.
func flags(a, b *recorder.Record) (out []FieldDiff) {
	add := func(path, x, y string) {
		if x != y {
			out = append(out, FieldDiff{path, x, y})
		}
	}
	if a.Kind != b.Kind {
		add("kind", a.Kind.String(), b.Kind.String())
	}
	if a.QoS != b.QoS {
		add("qos", strconv.Itoa(int(a.QoS)), strconv.Itoa(int(b.QoS)))
	}
	if a.Retain != b.Retain {
		add("retain", strconv.FormatBool(a.Retain), strconv.FormatBool(b.Retain))
	}
	if a.Properties == nil && b.Properties == nil {
		return out
	}
	var none mqtt.Properties
	p, q := a.Properties, b.Properties
	if p == nil {
		p = &none
	}
	if q == nil {
		q = &none
	}
	add("properties.payload_format", pointed(p.PayloadFormat), pointed(q.PayloadFormat))
	add("properties.expiry_seconds", pointed(p.ExpirySeconds), pointed(q.ExpirySeconds))
	add("properties.content_type", p.ContentType, q.ContentType)
	add("properties.response_topic", p.ResponseTopic, q.ResponseTopic)
	add("properties.correlation_data", quoted(p.CorrelationData), quoted(q.CorrelationData))
	add("properties.user", users(p.User), users(q.User))
	return out
}

func pointed[T byte | uint32](v *T) string {
	if v == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*v), 10)
}

func quoted(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return strconv.Quote(string(b))
}

func users(list []mqtt.UserProperty) string {
	var b strings.Builder
	for i, u := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q: %q", u.Key, u.Value)
	}
	return b.String()
}
