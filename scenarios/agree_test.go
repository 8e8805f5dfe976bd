package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// onlyTheReaderSays are faults that a file may have though the schema takes it,
// and why the schema cannot know. Each is matched against message and hint.
var onlyTheReaderSays = map[string][]string{
	anExpression:                      {`^where: `, `^log is no regular expression`},
	"names that must agree":           {`^there is no device named`, `^a device named .* stands in line`, `^source "apps\.`},
	twoPlaces:                         {`would command itself`, `has a min above its max`, `has a max below its min`, `ends before it begins`, `until comes before from`},
	"a pattern does not calculate":    {`^probability takes a ratio .*, not the (number [0-9]|text " *[0-9]+ *(/.*)?"\n)`, `the longest duration is 292 years`, `there is no such day`},
	"JSON Schema counts runes":        {`is longer than 65,535 bytes`},
	"in JSON Schema 1.0 is whole too": {`takes a whole number .*, not the number [0-9]+(\.0*|.*e.*)$`, `takes a duration .*, not the number [0-9.e+]+\n`},
	noYAML:                            {`stands here a second time`, `has no value`, `which no JSON can`},
}

var readerOnly = func() (list []*regexp.Regexp) {
	for _, patterns := range onlyTheReaderSays {
		for _, p := range patterns {
			list = append(list, regexp.MustCompile(p))
		}
	}
	return list
}()

// requireAgreement holds the reader and the schema to the same verdict on a
// file: an editor never marks what runs, and marks what does not, but for what
// only the reader can know.
func requireAgreement(t require.TestingT, schema *jsonschema.Schema, v any, text []byte) (accepted bool) {
	_, err := Parse("x.yaml", text)
	refused := schema.Validate(v)
	if err == nil {
		require.NoError(t, refused, "the schema refuses what the reader takes:\n%s", text)
		return true
	}
	if refused != nil {
		return false
	}
	var all Errors
	require.True(t, errors.As(err, &all))
	if slices.ContainsFunc(all, func(e *FileError) bool { return strings.Contains(e.Message, "stands here a second time") }) {
		return false // the schema sees one of the two values, and not always the one that is read
	}
	for _, fault := range all {
		require.True(t, saidOnlyByReader(fault), "the schema takes what the reader refuses: %v\n%s", fault, text)
	}
	return false
}

func saidOnlyByReader(fault *FileError) bool {
	for _, re := range readerOnly {
		if re.MatchString(fault.Message + "\n" + fault.Hint) {
			return true
		}
	}
	return false
}

// requireAgreementOn is for a value that is written as JSON, which is YAML too.
func requireAgreementOn(t require.TestingT, schema *jsonschema.Schema, v any) (accepted bool) {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	again, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return requireAgreement(t, schema, again, text)
}

// Every scenario in the repository is one to the schema too: files, those
// inside of scripts, and those in the documentation.
func TestSchemaAgreesOnAllThereIs(t *testing.T) {
	schema := compiledSchema(t)
	accepted := 0
	look := func(name string, text []byte) {
		v, ok := plainText(t, text)
		if o, isObject := v.(map[string]any); !ok || !isObject || o["name"] == nil {
			return // no YAML, or no scenario
		}
		t.Run(strings.ReplaceAll(name, "/", ":"), func(t *testing.T) {
			if requireAgreement(t, schema, v, text) {
				accepted++
			}
		})
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bench"):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."))
		text := func() []byte {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			return data
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml":
			look(name, text())
		case ".txtar":
			for _, f := range txtar.Parse(text()).Files {
				if filepath.Ext(f.Name) == ".yaml" {
					look(name+"/"+f.Name, f.Data)
				}
			}
		case ".md":
			for _, block := range yamlBlock.FindAllSubmatch(text(), -1) {
				look(name, block[1])
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, accepted, 30)
}

var yamlBlock = regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```")

// The library and the scenario of the README are not only agreed on: they are
// good.
func TestSchemaTakesTheLibraryAndTheReadme(t *testing.T) {
	schema := compiledSchema(t)
	good := func(path string, text []byte) {
		v, ok := plainText(t, text)
		require.True(t, ok, path)
		require.True(t, requireAgreement(t, schema, v, text), path)
	}
	for _, path := range glob(t, "library/*/*.yaml") {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		good(path, data)
	}
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	found := 0
	for _, block := range yamlBlock.FindAllSubmatch(readme, -1) {
		if wholeScenario.Match(block[1]) {
			found++
			good("../README.md", block[1])
		}
	}
	require.Positive(t, found)
}

// wholeScenario begins with a name, and is no workflow of GitHub.
var wholeScenario = regexp.MustCompile(`(?s)^(#[^\n]*\n)*name: .*\n(app|apps|exec|tape|steps|expect):`)
