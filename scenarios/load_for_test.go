package scenarios_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// What is wrong with a file and what it names that is not there are told
// together; what it names is not looked for twice.
func TestLoadForTellsAllFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hall.yaml")
	write := func(text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	load := func() (messages []string) {
		s, err := scenarios.LoadFor(path, apps)
		var faults scenarios.Errors
		require.ErrorAs(t, err, &faults)
		require.Nil(t, s)
		for _, f := range faults {
			messages = append(messages, f.Message)
		}
		return messages
	}
	write(`name: hall
app: hal
tape: {file: hole.hubtape}
steps:
  - publsih: {topic: a}
expect: {golden: {}}
`)
	require.Equal(t, []string{
		`this binary has no automation "hal"`,
		"the tape hole.hubtape is not there (looked for " + filepath.Join(filepath.Dir(path), "hole.hubtape") + ")",
		`a step has no key "publsih"`,
		`golden needs the key "file"`,
	}, load())

	write("name: hall\napp: hall\nparams: {dealy: 5m}\nsteps: [{wait: 5s}]\n")
	require.Len(t, load(), 2)
	write("app: {}\ntape: {}\n")
	require.Equal(t, []string{`a scenario needs the key "name"`, "app takes a text, not an object", `tape needs the key "file"`}, load())
	write("name: [")
	require.Len(t, load(), 1)

	write("name: hall\napp: hal\nsteps: [{route_until: {topic: a, within: 1s}}]\n")
	s, err := scenarios.LoadFor(path, apps)
	require.NoError(t, err, "that is for Check")
	require.Error(t, s.Check(apps))
}
