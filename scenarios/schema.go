package scenarios

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a scenario file. It knows
// every key and type; what only the reader can judge (expressions, time zones,
// names that must agree) it lets pass.
func Schema() []byte { return slices.Clone(schema) }
