package scenarios

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Reader and schema agree on files that are drawn from the schema itself: what
// it takes, the reader takes, but for what only the reader can know.
func TestSchemaAgreesOnDrawnFiles(t *testing.T) {
	schema := compiledSchema(t)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(Schema(), &doc))
	g := generator{doc["$defs"].(map[string]any)}
	taken, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		all++
		if requireAgreementOn(t, schema, g.draw(t, doc, "")) {
			taken++
		}
	})
	require.Greater(t, taken*10, all, "too few of the files are good ones to say anything")
}

// generator draws values of a JSON Schema, as far as our own goes. It follows
// types, patterns and keys; what conditions say of several keys it mostly
// leaves to chance.
type generator struct{ defs map[string]any }

func (g generator) draw(t *rapid.T, s map[string]any, label string) any {
	if ref, ok := s["$ref"].(string); ok {
		merged := maps.Clone(g.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any))
		maps.Copy(merged, s)
		delete(merged, "$ref")
		if merged["$ref"] = g.defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)["$ref"]; merged["$ref"] == nil {
			delete(merged, "$ref")
		}
		return g.draw(t, merged, label)
	}
	if examples, ok := s["examples"].([]any); ok && s["properties"] == nil && (s["pattern"] == nil || rapid.Bool().Draw(t, label+"?example")) {
		if s["type"] == "string" || s["type"] == nil && s["anyOf"] == nil && s["enum"] == nil {
			return rapid.SampledFrom(examples).Draw(t, label)
		}
	}
	if c, ok := s["const"]; ok {
		return c
	}
	for _, key := range []string{"enum", "anyOf"} {
		if list, ok := s[key].([]any); ok && s["properties"] == nil {
			one := rapid.SampledFrom(list).Draw(t, label+key)
			if key == "enum" {
				return one
			}
			return g.draw(t, one.(map[string]any), label)
		}
	}
	return g.drawType(t, s, label)
}

func (g generator) drawType(t *rapid.T, s map[string]any, label string) any {
	kind := s["type"]
	if several, ok := kind.([]any); ok {
		kind = rapid.SampledFrom(several).Draw(t, label+"type")
	}
	switch kind {
	case "object":
		return g.object(t, s, label)
	case "array":
		return g.array(t, s, label)
	case "string":
		if p, ok := s["pattern"].(string); ok {
			return rapid.StringMatching(p).Draw(t, label)
		}
		return rapid.SampledFrom([]string{"a", "hall light", "ON", "ünï ⌘"}).Draw(t, label)
	case "integer":
		least, _ := s["minimum"].(float64)
		most := 1e9
		if m, ok := s["maximum"].(float64); ok {
			most = math.Min(m, most)
		}
		return rapid.IntRange(int(least), int(most)).Draw(t, label)
	case "number":
		return rapid.SampledFrom([]float64{0.01, 1, 1.5, 100}).Draw(t, label)
	case "boolean":
		return rapid.Bool().Draw(t, label)
	case "null":
		return nil
	}
	return oddValue(t, label)
}

func (g generator) array(t *rapid.T, s map[string]any, label string) any {
	least, _ := s["minItems"].(float64)
	most := 2.0
	if m, ok := s["maxItems"].(float64); ok {
		most = m
	}
	list := []any{}
	for range rapid.IntRange(int(least), int(max(least, most))).Draw(t, label+"items") {
		list = append(list, g.draw(t, s["items"].(map[string]any), label+"."))
	}
	return list
}

// object draws the keys that must be there and some of the others; of keys that
// exclude each other one.
func (g generator) object(t *rapid.T, s map[string]any, label string) any {
	out := map[string]any{}
	if free, ok := s["additionalProperties"].(map[string]any); ok {
		out["hall"] = g.draw(t, free, label+".hall")
		return out
	}
	properties := s["properties"].(map[string]any)
	keys := slices.Sorted(maps.Keys(properties))
	wanted := requiredIn(s)
	if one := oneOfKeys(s, keys); len(one) > 0 {
		wanted = append(wanted, rapid.SampledFrom(one).Draw(t, label+"kind"))
		keys = slices.DeleteFunc(keys, func(k string) bool { return slices.Contains(one, k) })
	}
	for _, key := range keys {
		if !slices.Contains(wanted, key) && rapid.IntRange(0, 3).Draw(t, label+"?"+key) == 0 {
			wanted = append(wanted, key)
		}
	}
	for _, key := range wanted {
		if not, never := properties[key].(map[string]any)["not"].(map[string]any); !never || len(not) > 0 {
			out[key] = g.draw(t, properties[key].(map[string]any), label+"."+key)
		}
	}
	return out
}

// oneOfKeys are keys of which an object has exactly one.
func oneOfKeys(s map[string]any, keys []string) (one []string) {
	if s["maxProperties"] == 1.0 {
		return slices.Clone(keys)
	}
	list, _ := s["oneOf"].([]any)
	for _, x := range list {
		one = append(one, requiredIn(x.(map[string]any))...)
	}
	return one
}

func requiredIn(s map[string]any) (keys []string) {
	list, _ := s["required"].([]any)
	for _, k := range list {
		keys = append(keys, k.(string))
	}
	return keys
}
