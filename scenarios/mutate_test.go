package scenarios

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// odd are values that are right in one place and wrong in most others.
var odd = []any{
	nil, true, 0, 1, 2, 5, -1, 3.5, 1e300, "", "0", "5m", "-1h", "1d", "1d2h", "1.5d", "5", "x", "a/b", "a/#", "#", "a#", "+/x", "1/50", "3/2", "1/0",
	"22:00", "24:00", "app", "apps.scada", "any", "tape", "x.jsonl", "x.hubtape", "2026-01-10T17:00:00Z", "2026-01-10", "UTC", "qos == 1", "qos",
	[]any{},
	[]any{"a"},
	[]any{"0s", "1s"},
	[]any{1},
	map[string]any{},
	map[string]any{"min": "1s", "max": "2s"},
	map[string]any{"topic": "a"},
}

// Reader and schema agree on what becomes of good files when somebody changes
// them here and there.
func TestSchemaAgreesOnChangedFiles(t *testing.T) {
	schema := compiledSchema(t)
	var files []string
	for _, path := range glob(t, "testdata/good/*.yaml") {
		v, ok := plain(t, path)
		require.True(t, ok)
		text, err := json.Marshal(v)
		require.NoError(t, err)
		files = append(files, string(text))
	}
	rapid.Check(t, func(t *rapid.T) {
		var file any
		require.NoError(t, json.Unmarshal([]byte(rapid.SampledFrom(files).Draw(t, "file")), &file))
		for i := range rapid.IntRange(1, 3).Draw(t, "changes") {
			file = mutate(t, file, strconv.Itoa(i))
		}
		requireAgreementOn(t, schema, file)
	})
}

// mutate changes one place at a random depth: another value, a key less, or a
// key more.
func mutate(t *rapid.T, v any, label string) any {
	label += "."
	switch v := v.(type) {
	case map[string]any:
		keys := sortedNames(v)
		if len(keys) == 0 || rapid.IntRange(0, 9).Draw(t, label+"here") == 0 {
			v[rapid.SampledFrom(scenarioKeysAndMore).Draw(t, label+"new")] = oddValue(t, label)
			return v
		}
		key := rapid.SampledFrom(keys).Draw(t, label+"key")
		if rapid.IntRange(0, 9).Draw(t, label+"drop") == 0 {
			delete(v, key)
			return v
		}
		v[key] = mutate(t, v[key], label+key)
		return v
	case []any:
		if len(v) > 0 && rapid.IntRange(0, 9).Draw(t, label+"list") > 0 {
			i := rapid.IntRange(0, len(v)-1).Draw(t, label+"index")
			v[i] = mutate(t, v[i], label+strconv.Itoa(i))
			return v
		}
	}
	return oddValue(t, label)
}

var scenarioKeysAndMore = append([]string{"within", "for", "between", "at", "probability", "client", "source", "qos", "retain", "payload", "json", "where", "min", "max", "topic", "until", "unknown"}, scenarioKeys...)

func sortedNames(m map[string]any) []string {
	var names []string
	data, _ := json.Marshal(m) // sorted
	root, _ := parseTree(newSource("", string(data)), string(data))
	for _, f := range root.fields {
		names = append(names, f.key.text)
	}
	return names
}

func TestGoodFilesAsJSONAreGoodToo(t *testing.T) {
	for _, path := range glob(t, "testdata/good/*.yaml") {
		v, ok := plain(t, path)
		require.True(t, ok)
		text, err := json.MarshalIndent(v, "", "\t")
		require.NoError(t, err)
		_, err = Parse(path, text)
		require.NoError(t, err)
	}
}

// oddValue draws a value of its own, so that no two places share one.
func oddValue(t *rapid.T, label string) any {
	data, err := json.Marshal(rapid.SampledFrom(odd).Draw(t, label+"value"))
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}
