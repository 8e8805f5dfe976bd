package scenarios

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of a scenario file, for editors:
// every key with a text, an example and its form. It refuses what the reader
// refuses, but for what needs more than a form: YAML itself, expressions, names
// that must agree, a minimum above its maximum.
func Schema() []byte { return slices.Clone(schema) }
