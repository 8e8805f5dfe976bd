package scenarios

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func parseIn(t *testing.T, dir, text string) *Scenario {
	t.Helper()
	s, err := Parse(filepath.Join(dir, "x.yaml"), []byte(text))
	require.NoError(t, err)
	return s
}

func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "evening.hubtape"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.jsonl"), 0o755))

	require.NoError(t, parseIn(t, dir, "name: x\n").CheckFiles())
	require.NoError(t, parseIn(t, dir, "name: x\ntape: {file: evening.hubtape}\n").CheckFiles())
	require.NoError(t, parseIn(t, dir, "name: x\ntape: {file: "+filepath.Join(dir, "evening.hubtape")+"}\n").CheckFiles())

	var all Errors
	err := parseIn(t, dir, "name: x\ntape: {file: evning.hubtape}\nexec: {command: [a], cwd: nowhere}\n").CheckFiles()
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 2)
	require.Equal(t, Pos{2, 14}, all[0].Pos)
	require.Equal(t, "did you mean evening.hubtape?", all[0].Hint)
	require.Contains(t, all[0].Message, "the tape evning.hubtape is not there")
	require.Contains(t, all[1].Message, "the folder nowhere of exec is not there")

	err = parseIn(t, dir, "name: x\ntape: {file: folder.jsonl}\n").CheckFiles()
	require.ErrorContains(t, err, "the tape folder.jsonl is no file")
	err = parseIn(t, dir, "name: x\ntape: {file: sub/other.jsonl}\n").CheckFiles()
	require.ErrorContains(t, err, "is not there")
}

func TestCheckGolden(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, parseIn(t, dir, "name: x\n").CheckGolden())
	s := parseIn(t, dir, "name: x\nexpect: {golden: {file: x.golden.jsonl}}\n")
	err := s.CheckGolden()
	require.ErrorContains(t, err, "x.yaml:2:25: the golden file x.golden.jsonl is not there")
	require.ErrorContains(t, err, "write it with simrun --update")
	require.NoError(t, os.WriteFile(s.Path("y.tape.jsonl"), nil, 0o644))
	require.NotContains(t, s.CheckGolden().Error(), "did you mean", "the extensions are alike, not the names")
	require.NoError(t, os.WriteFile(s.Path(s.Expect.Golden.File), nil, 0o644))
	require.NoError(t, s.CheckGolden())
}

func TestCheckApps(t *testing.T) {
	s := parseIn(t, "", "name: x\napps:\n  a: {app: hallway-ligth}\n  b: {app: scada}\n  c: {app: zzz}\n")
	require.NoError(t, parseIn(t, "", "name: x\n").CheckApps(nil))
	var all Errors
	require.ErrorAs(t, s.CheckApps([]string{"scada", "hallway-light"}), &all)
	require.Len(t, all, 2)
	require.Equal(t, `this binary has no automation "hallway-ligth"`, all[0].Message)
	require.Equal(t, `did you mean "hallway-light"?`, all[0].Hint)
	require.Equal(t, Pos{3, 3}, all[0].Pos)
	require.Equal(t, "there is hallway-light, scada", all[1].Hint)
	require.ErrorContains(t, s.CheckApps(nil), "this binary has no automations at all")
}

func TestChecksOfAScenarioMadeInGo(t *testing.T) {
	s := &Scenario{File: "made.go", Apps: []AppUse{{App: "x"}}, Tape: &Tape{File: "none.jsonl"}}
	require.ErrorContains(t, s.CheckApps([]string{"hall"}), `made.go: this binary has no automation "x"`)
	require.ErrorContains(t, s.CheckFiles(), "made.go: the tape none.jsonl is not there")
}
