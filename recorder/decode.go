package recorder

import (
	"encoding/binary"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// decoder reads a chunk's raw bytes back. It trusts no length in them.
type decoder struct {
	raw     []byte
	pos     int
	strings []*str
	intern  map[string]*str // all strings of the cursor, so that none is made twice
	wanted  func(topic string) bool
	at      time.Duration
	wall    int64
}

// str is a string that occurs on the tape, and whether a query selects it as a
// topic.
type str struct {
	s    string
	want bool
}

func (d *decoder) reset(raw []byte) {
	d.raw, d.pos, d.at, d.wall = raw, 0, 0, 0
	d.strings = d.strings[:0]
	if d.intern == nil || len(d.intern) > maxInterned {
		d.intern = make(map[string]*str)
	}
}

// maxInterned bounds the memory of a cursor over a tape with endless new
// topics.
const maxInterned = 1 << 17

func (d *decoder) more() bool { return d.pos < len(d.raw) }

// next reads one record into r, except Session and Seq, and reports whether
// its topic is wanted. The payload shares the raw bytes.
func (d *decoder) next(r *Record) (want bool, err error) {
	if len(d.raw)-d.pos < 2 {
		return false, errCodec
	}
	head, has := d.raw[d.pos], d.raw[d.pos+1]
	d.pos += 2
	step, ok := d.uvarint()
	if !ok {
		return false, errCodec
	}
	d.at += time.Duration(step)
	if d.wall != 0 {
		d.wall += int64(step)
	}
	if has&hasWall != 0 {
		diff, ok := d.varint()
		if !ok {
			return false, errCodec
		}
		d.wall += diff
	}
	topic, ok := d.str()
	if !ok {
		return false, errCodec
	}
	r.At, r.Wall, r.Kind = d.at, d.wall, Kind(head&headKindMask)
	r.Topic, r.QoS, r.Retain, r.Dup = topic.s, head>>headQoSShift, head&headRetain != 0, head&headDup != 0
	r.Client, r.Text, r.Until, r.Properties = "", "", 0, nil
	if has&hasClient != 0 {
		c, ok := d.str()
		if !ok {
			return false, errCodec
		}
		r.Client = c.s
	}
	if r.Payload, ok = d.bytes(); !ok {
		return false, errCodec
	}
	if has&^(hasWall|hasClient) != 0 && !d.rare(r, has) {
		return false, errCodec
	}
	return topic.want, nil
}

// rare reads the fields that few records have.
func (d *decoder) rare(r *Record, has byte) (ok bool) {
	if has&hasProperties != 0 {
		if r.Properties, ok = d.properties(); !ok {
			return false
		}
	}
	if has&hasText != 0 {
		b, ok := d.bytes()
		if !ok {
			return false
		}
		r.Text = string(b)
	}
	if has&hasUntil != 0 {
		v, ok := d.varint()
		if !ok {
			return false
		}
		r.Until = time.Duration(v)
	}
	return true
}

var noTopic = &str{}

func (d *decoder) str() (*str, bool) {
	n, ok := d.uvarint()
	switch {
	case !ok || n > uint64(len(d.strings))+1:
		return nil, false
	case n == 0:
		return d.empty(), true
	case n <= uint64(len(d.strings)):
		return d.strings[n-1], true
	}
	b, ok := d.bytes()
	if !ok {
		return nil, false
	}
	s := d.intern[string(b)]
	if s == nil {
		s = &str{s: string(b)}
		s.want = d.wanted == nil || d.wanted(s.s)
		d.intern[s.s] = s
	}
	d.strings = append(d.strings, s)
	return s, true
}

// empty is the topic of a record that has none: a query with filters does not
// select it.
func (d *decoder) empty() *str {
	if d.wanted == nil {
		return everyTopic
	}
	if d.wanted("") {
		return everyTopic
	}
	return noTopic
}

var everyTopic = &str{want: true}

func (d *decoder) uvarint() (uint64, bool) {
	if d.pos < len(d.raw) && d.raw[d.pos] < 0x80 {
		d.pos++
		return uint64(d.raw[d.pos-1]), true
	}
	v, n := binary.Uvarint(d.raw[d.pos:])
	d.pos += max(n, 0)
	return v, n > 0
}

func (d *decoder) varint() (int64, bool) {
	v, n := binary.Varint(d.raw[d.pos:])
	d.pos += max(n, 0)
	return v, n > 0
}

// bytes returns the next length-prefixed bytes, nil for none.
func (d *decoder) bytes() ([]byte, bool) {
	n, ok := d.uvarint()
	if !ok || n > uint64(len(d.raw)-d.pos) {
		return nil, false
	}
	if n == 0 {
		return nil, true
	}
	b := d.raw[d.pos : d.pos+int(n) : d.pos+int(n)]
	d.pos += int(n)
	return b, true
}

func (d *decoder) properties() (*mqtt.Properties, bool) {
	if d.pos >= len(d.raw) {
		return nil, false
	}
	has := d.raw[d.pos]
	d.pos++
	p := &mqtt.Properties{}
	if has&propFormat != 0 {
		if d.pos >= len(d.raw) {
			return nil, false
		}
		f := d.raw[d.pos]
		d.pos++
		p.PayloadFormat = &f
	}
	if has&propExpiry != 0 {
		v, ok := d.uvarint()
		if !ok {
			return nil, false
		}
		s := uint32(v)
		p.ExpirySeconds = &s
	}
	return p, d.propertyStrings(p, has)
}

func (d *decoder) propertyStrings(p *mqtt.Properties, has byte) bool {
	ok := true
	text := func(bit byte) string {
		if !ok || has&bit == 0 {
			return ""
		}
		var b []byte
		b, ok = d.bytes()
		return string(b)
	}
	p.ContentType = text(propContentType)
	p.ResponseTopic = text(propResponseTopic)
	if s := text(propCorrelation); s != "" {
		p.CorrelationData = []byte(s)
	}
	if !ok || has&propUser == 0 {
		return ok
	}
	n, ok := d.uvarint()
	if !ok || n > uint64(len(d.raw)-d.pos)/2 {
		return false
	}
	for range n {
		k, ok1 := d.bytes()
		v, ok2 := d.bytes()
		if !ok1 || !ok2 {
			return false
		}
		p.User = append(p.User, mqtt.UserProperty{Key: string(k), Value: string(v)})
	}
	return true
}
