package pcap

import (
	"bytes"

	"github.com/hubtape/hubtape/mqtt"
)

// typeWill stands for the properties of a will, which are in a CONNECT.
const typeWill = 16

// The forms that a property's value has (MQTT 5, 2.2.2.2).
const (
	formByte = 1 + iota
	form16
	form32
	formLength
	formText
	formBytes
	formPair
)

// propertyForms says what the value of each property looks like; 0: there is no
// such property.
var propertyForms = [43]byte{
	0x01: formByte, 0x02: form32, 0x03: formText, 0x08: formText, 0x09: formBytes, 0x0b: formLength,
	0x11: form32, 0x12: formText, 0x13: form16, 0x15: formText, 0x16: formBytes, 0x17: formByte,
	0x18: form32, 0x19: formByte, 0x1a: formText, 0x1c: formText, 0x1f: formText, 0x21: form16,
	0x22: form16, 0x23: form16, 0x24: formByte, 0x25: formByte, 0x26: formPair, 0x27: form32,
	0x28: formByte, 0x29: formByte, 0x2a: formByte,
}

// propertiesOf lists, as bits, which properties a packet may have, for those
// whose level is guessed from them.
var propertiesOf = map[byte]uint64{
	typePublish:   1<<0x01 | 1<<0x02 | 1<<0x03 | 1<<0x08 | 1<<0x09 | 1<<0x0b | 1<<0x23 | 1<<0x26,
	typeSubscribe: 1<<0x0b | 1<<0x26,
	typeSuback:    1<<0x1f | 1<<0x26,
	typeConnack: 1<<0x11 | 1<<0x12 | 1<<0x13 | 1<<0x15 | 1<<0x16 | 1<<0x1a | 1<<0x1c | 1<<0x1f | 1<<0x21 | 1<<0x22 |
		1<<0x24 | 1<<0x25 | 1<<0x26 | 1<<0x27 | 1<<0x28 | 1<<0x29 | 1<<0x2a,
}

const propertyUser = 0x26

// propertyBytesMax limits the properties of a packet, which take more memory
// than they have bytes. Real ones have a few hundred.
const propertyBytesMax = 1 << 20

// properties are those that mean something here.
type properties struct {
	of        mqtt.Properties
	any       bool // of holds something
	alias     uint16
	willDelay uint32
	id        string
}

// kept returns what a tape keeps of them; nil for nothing.
func (p *properties) kept() *mqtt.Properties {
	if !p.any {
		return nil
	}
	return &p.of
}

// properties reads a property block. What it returns holds copies.
func (f *fields) properties(packet byte) (p properties) {
	block := fields{b: f.next(f.length())}
	if len(block.b) > propertyBytesMax {
		block.fail("its properties have %d bytes", len(block.b))
	}
	may, limited := propertiesOf[packet]
	var seen uint64
	for len(block.b) > 0 {
		id := block.length()
		if id >= len(propertyForms) || propertyForms[id] == 0 || (limited && may>>id&1 == 0) {
			block.fail("there is no property %#x", id)
			break
		}
		if seen>>id&1 != 0 && id != propertyUser && id != 0x0b { // a delivery may have several subscription identifiers
			block.fail("property %#x comes twice", id)
			break
		}
		seen |= 1 << id
		block.property(id, &p)
	}
	if block.err != nil && f.err == nil {
		f.err, f.b = block.err, nil
	}
	return p
}

func (f *fields) property(id int, p *properties) {
	var number uint32
	var text string
	var raw []byte
	switch propertyForms[id] {
	case formByte:
		number = f.number(1)
	case form16:
		number = f.number(2)
	case form32:
		number = f.number(4)
	case formLength:
		number = uint32(f.length())
	case formText:
		text = f.text()
	case formBytes:
		raw = f.bytes()
	case formPair:
		key := f.text()
		p.of.User = append(p.of.User, mqtt.UserProperty{Key: key, Value: f.text()})
	}
	switch id {
	case 0x01:
		format := byte(number)
		p.of.PayloadFormat = &format
	case 0x02:
		p.of.ExpirySeconds = &number
	case 0x03:
		p.of.ContentType = text
	case 0x08:
		p.of.ResponseTopic = text
	case 0x09:
		p.of.CorrelationData = bytes.Clone(raw)
	case 0x12:
		p.id = text
	case 0x18:
		p.willDelay = number
	case 0x23:
		if number == 0 {
			f.fail("topic alias 0") // [MQTT-3.3.2-8]
		}
		p.alias = uint16(number)
	}
	switch id {
	case 0x01, 0x02, 0x03, 0x08, 0x09, propertyUser:
		p.any = true
	}
}
