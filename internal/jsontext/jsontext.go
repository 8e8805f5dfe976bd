// Package jsontext checks JSON that comes from outside.
package jsontext

import (
	"bytes"
	"encoding/json"

	"github.com/tidwall/gjson"
)

// nestMax brackets can stand in a text that is checked by recursion; beyond them
// a hostile one could use up the stack, which ends a process whatever recovers.
const nestMax = 100_000

// Valid reports whether text is JSON. It is gjson's check, which is the faster
// one, where that is safe. What is nested more than 10,000 levels deep may not be
// valid to it.
func Valid(text []byte) bool {
	if len(text) > nestMax && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > nestMax {
		return json.Valid(text)
	}
	return gjson.ValidBytes(text)
}
