package scenarios

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("scenario.json", doc))
	s, err := c.Compile("scenario.json")
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

// onlyTheReaderKnows are faults that no schema of this kind can see.
var onlyTheReaderKnows = []string{
	"anchor.yaml", "alias.yaml", "merge_key.yaml", "tag.yaml", "two_documents.yaml", "duplicate_key.yaml", "tab.yaml",
	"empty.yaml", "not_closed.yaml", "quote_not_closed.yaml", "nul.yaml", "not_utf8.yaml", "infinity.yaml", "deep.yaml",
	"colon_in_text.yaml", "two_values.yaml", "comment_in_brackets.yaml", "no_space.yaml", "question_key.yaml",
	"where.yaml", "where_block.yaml", "timezone.yaml", "source.yaml", "silence_device.yaml", "device_twice.yaml",
	"no_tape.yaml", "log_regexp.yaml", "window_backwards.yaml", "device_loop.yaml", "share.yaml", "no_app_outputs.yaml",
}

func TestSchemaRefusesBadFiles(t *testing.T) {
	s := compiledSchema(t)
	for _, path := range glob(t, "testdata/bad/*.yaml") {
		if slices.Contains(onlyTheReaderKnows, filepath.Base(path)) {
			continue
		}
		v, ok := plain(t, path)
		require.True(t, ok, path)
		require.Error(t, s.Validate(v), path)
	}
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
