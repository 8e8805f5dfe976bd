package scenarios

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func compiledSchema(t testing.TB) *jsonschema.Schema { return compiledAt(t, "") }

// compiledAt is a part of the schema, such as #/$defs/duration.
func compiledAt(t testing.TB, part string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("scenario.json", doc))
	s, err := c.Compile("scenario.json" + part)
	require.NoError(t, err)
	return s
}

// plain is a file as a schema sees it; false when it is no YAML.
func plain(t *testing.T, path string) (any, bool) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return plainText(t, data)
}

func plainText(t *testing.T, data []byte) (any, bool) {
	t.Helper()
	input := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
	root, fault := parseTree(newSource("x.yaml", input), input)
	if fault != nil {
		return nil, false
	}
	text, err := json.Marshal(root.value())
	if err != nil {
		return nil, false // an infinity
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return v, true
}

func TestSchemaAcceptsGoodFiles(t *testing.T) {
	s := compiledSchema(t)
	for _, path := range glob(t, "testdata/good/*.yaml") {
		v, ok := plain(t, path)
		require.True(t, ok, path)
		require.NoError(t, s.Validate(v), path)
	}
}

// onlyTheReaderRefuses are the bad files that the schema takes, or never gets to
// see, and why.
var onlyTheReaderRefuses = map[string]string{
	"anchor.yaml": noYAML, "alias.yaml": noYAML, "merge_key.yaml": noYAML, "tag.yaml": noYAML, "two_documents.yaml": noYAML,
	"duplicate_key.yaml": noYAML, "question_key.yaml": noYAML,
	"empty.yaml": noYAML, "nul.yaml": noYAML, "not_utf8.yaml": noYAML, "deep.yaml": noYAML,
	"tab.yaml": noYAML, "indented_too_far.yaml": noYAML, "indented_otherwise.yaml": noYAML, "second_dash_missing.yaml": noYAML,
	"not_closed.yaml": noYAML, "bracket_not_closed.yaml": noYAML, "quote_not_closed.yaml": noYAML, "quote_inside.yaml": noYAML,
	"colon_in_text.yaml": noYAML, "two_values.yaml": noYAML, "comment_in_brackets.yaml": noYAML,
	"no_colon.yaml": noYAML, "no_space.yaml": noYAML, "no_space_after_colon.yaml": noYAML,
	"comma_missing.yaml": noYAML, "comma_missing_after_quote.yaml": noYAML, "template.yaml": noYAML,
	"reserved_characters.yaml": noYAML, "percent_sign.yaml": noYAML, "infinity.yaml": "JSON has no infinity, so no schema sees one",

	"where.yaml": anExpression, "where_block.yaml": anExpression, "log_regexp.yaml": "regular expressions of Go are others than those of JSON Schema",
	"silence_device.yaml": twoPlaces, "device_twice.yaml": twoPlaces, "device_loop.yaml": twoPlaces,
	"window_backwards.yaml": twoPlaces,
	"dates.yaml":            "a pattern knows months, but not leap years",
}

const (
	noYAML       = "it is about YAML, and a schema sees what was read"
	anExpression = "an expression has a language of its own"
	twoPlaces    = "it compares values of two places"
)

// refusedBySchema is how many bad files an editor marks, at least.
const refusedBySchema = 40

func TestSchemaRefusesBadFiles(t *testing.T) {
	s := compiledSchema(t)
	refused := 0
	for _, path := range glob(t, "testdata/bad/*.yaml") {
		v, ok := plain(t, path)
		ok = ok && s.Validate(v) != nil
		if ok {
			refused++
		}
		require.Equal(t, onlyTheReaderRefuses[filepath.Base(path)] == "", ok, path)
	}
	require.GreaterOrEqual(t, refused, refusedBySchema)
}

// Every object that the reader knows has the same keys in the schema, and
// allows no others.
func TestSchemaHasTheKeysOfTheModel(t *testing.T) {
	var doc struct {
		Defs map[string]schemaObject `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(Schema(), &doc))
	var top schemaObject
	require.NoError(t, json.Unmarshal(Schema(), &top))

	want := map[string][]string{
		"app": appKeys, "exec": execKeys, "ready": readyKeys, "tape": tapeKeys, "device": deviceKeys, "min_max": spreadKeys,
		"advance_to": advanceKeys, "replay": replayKeys, "step": stepKinds, "expect": expectKeys, "expectation": expectationKeys,
		"same_as_tape": sameAsTapeKeys, "golden": goldenKeys, "golden_tolerance": goldenToleranceKeys,
	}
	for _, kind := range stepKinds {
		if kind != "advance" {
			want[kind] = keysOfStep(kind)
		}
	}
	fault := []string{"between"}
	for _, k := range faultKinds {
		want[string(k.kind)] = k.keys
		fault = append(fault, string(k.kind))
		require.ElementsMatch(t, k.required, doc.Defs[string(k.kind)].Required, k.kind)
	}
	want["fault"] = fault

	requireKeys(t, "the scenario", top, scenarioKeys)
	for name, keys := range want {
		requireKeys(t, name, doc.Defs[name], keys)
	}
	for name, def := range doc.Defs {
		if def.Properties != nil {
			require.Contains(t, want, name, "the schema has an object that the model does not")
		}
	}
}

type schemaObject struct {
	Properties           map[string]any `json:"properties"`
	Required             []string       `json:"required"`
	AdditionalProperties *bool          `json:"additionalProperties"`
}

func requireKeys(t *testing.T, name string, got schemaObject, want []string) {
	t.Helper()
	keys := []string{}
	for k := range got.Properties {
		keys = append(keys, k)
	}
	require.ElementsMatch(t, want, keys, name)
	require.NotNil(t, got.AdditionalProperties, name)
	require.False(t, *got.AdditionalProperties, name)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// property is what an editor shows of a key.
type property struct {
	Ref         string `json:"$ref"`
	Description string
	Examples    []any
	Not         map[string]any
	Enum        []string
}

// Every key has a text and an example, and every example is right where it
// stands.
func TestSchemaExplainsEveryKey(t *testing.T) {
	var doc struct {
		Properties map[string]property
		Defs       map[string]struct {
			property
			Properties map[string]property
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(Schema(), &doc))
	explained := func(where string, p property) {
		if def, ok := strings.CutPrefix(p.Ref, "#/$defs/"); ok && p.Description == "" {
			p = doc.Defs[def].property
		}
		require.NotEmpty(t, p.Description, where)
		require.Regexp(t, `^[A-Z\[].*\.$`, p.Description, where)
		if never := p.Not != nil && len(p.Not) == 0; !never {
			require.NotEmpty(t, p.Examples, where)
		}
		s := compiledAt(t, where)
		for _, e := range p.Examples {
			require.NoError(t, s.Validate(e), where)
		}
	}
	for key, p := range doc.Properties {
		explained("#/properties/"+key, p)
	}
	for name, def := range doc.Defs {
		explained("#/$defs/"+name, def.property)
		for key, p := range def.Properties {
			explained("#/$defs/"+name+"/properties/"+key, p)
		}
	}
}

// The schema lists the zones that the clock knows, so that an editor can offer
// them.
func TestSchemaHasTheTimeZonesOfTheClock(t *testing.T) {
	zones, err := zip.OpenReader("../clock/zones/zoneinfo.zip")
	require.NoError(t, err)
	defer zones.Close()
	var want []string
	for _, f := range zones.File {
		if _, err := clock.LoadZone(f.Name); err == nil {
			want = append(want, f.Name)
		}
	}
	slices.Sort(want)
	require.Equal(t, want, zoneNames())
}
