package draft

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how long a text in a condition may be.
const longest = 60

// content is the part of a condition that asks for a payload: its most telling
// fields, those that are not as in the payload before it; or the whole of a short
// text; else nothing.
func content(payload, before []byte) string {
	object, old := objectOf(payload), objectOf(before)
	if object == nil {
		return textContent(payload)
	}
	return fields(object, old)
}

// stateContent is content for a change of state: it asks for nothing but the
// words and switches that changed.
func stateContent(payload, before []byte) string {
	object, old := objectOf(payload), objectOf(before)
	if object == nil {
		return textContent(payload)
	}
	words, _ := rank(object, old)
	return asked(words)
}

// objectOf is a payload as an object; nil: it is none.
func objectOf(payload []byte) (object map[string]json.RawMessage) {
	if json.Unmarshal(payload, &object) != nil {
		return nil
	}
	return object
}

func textContent(payload []byte) string {
	if text := string(payload); !strange(text) {
		return ", payload: " + quote(text)
	}
	return ""
}

// fields asks for some fields of an object: those that are new, if there are
// any, and states and switches before numbers.
func fields(object, old map[string]json.RawMessage) string {
	words, numbers := rank(object, old)
	if len(words)+len(numbers) == 0 {
		words, numbers = rank(object, nil)
	}
	return asked(slices.Concat(words, numbers))
}

// rank writes the fields of an object that are not as in an old one. Of an
// object in it there is one field at most.
func rank(object, old map[string]json.RawMessage) (words, numbers []string) {
	return rankTo(maxNested, object, old)
}

// maxNested is how deep objects in objects are looked at.
const maxNested = 3

func rankTo(depth int, object, old map[string]json.RawMessage) (words, numbers []string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if bytes.Equal(old[key], object[key]) {
			continue
		}
		part, word := field(key, object[key])
		if part == "" && depth > 0 && !passing(key) && !strange(key) {
			part, word = fieldWithin(depth-1, key, object[key], old[key])
		}
		switch {
		case part == "":
		case word:
			words = append(words, part)
		default:
			numbers = append(numbers, part)
		}
	}
	return words, numbers
}

// fieldWithin is the first field of an object in an object.
func fieldWithin(depth int, key string, value, old json.RawMessage) (part string, word bool) {
	words, numbers := rankTo(depth, objectOf(value), objectOf(old))
	switch {
	case len(words) > 0:
		return quote(key) + ": {" + words[0] + "}", true
	case len(numbers) > 0:
		return quote(key) + ": {" + numbers[0] + "}", false
	}
	return "", false
}

// maxFields is how many fields of an object are asked for.
const maxFields = 2

func asked(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return ", json: {" + strings.Join(fields[:min(len(fields), maxFields)], ", ") + "}"
}

// plainNumber is a number that reads the same in YAML and JSON, everywhere.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$`)

// once is a text that comes once: an identifier, a date.
var once = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|^[0-9a-fA-F]{12,}$|^\d{4}-\d\d-\d\d[T ]|^\d\d:\d\d`)

// field writes a field as a condition has it; "" where it had better not be in
// one. word reports whether it is a text or a switch.
func field(key string, value json.RawMessage) (part string, word bool) {
	if passing(key) || strange(key) {
		return "", false
	}
	var text string
	switch raw := string(value); {
	case raw == "true" || raw == "false":
		return quote(key) + ": " + raw, true
	case plainNumber.MatchString(raw):
		return quote(key) + ": " + raw, false
	case raw[0] == '"' && json.Unmarshal(value, &text) == nil && !strange(text) && !once.MatchString(text):
		return quote(key) + ": " + quote(text), true
	}
	return "", false
}

// strange reports whether a text had better not stand in a condition: too long,
// or not what was sent once it is decoded.
func strange(text string) bool {
	return len(text) > longest || strings.ContainsRune(text, utf8.RuneError) || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0
}

// passing reports whether a field is about the message rather than the thing.
func passing(key string) bool {
	return slices.Contains([]string{"last_seen", "linkquality", "elapsed", "Time", "time", "timestamp", "ts", "id", "voltage", "battery", "src", "uptime", "Uptime", "UptimeSec", "rssi", "RSSI", "heap_free", "Heap", "seq", "sequence_id"}, key)
}
