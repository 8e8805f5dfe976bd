// Package doctest holds the tests of the documents: what they show is run and
// prints what they say, their Go compiles, the flags they name are there, and
// their links lead somewhere. CONTRIBUTING.md says how a document is written
// for that.
package doctest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/internal/doctest/home"
	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/hubtape/hubtape/scenarios/library"
	"github.com/rogpeppe/go-internal/testscript"
)

// mistakeVariable tells the automations of package home which mistake to make.
const mistakeVariable = home.MistakeVariable

func TestMain(m *testing.M) {
	testscript.Main(withRecord{clocktest.LeakChecked{M: m}}, map[string]func(){
		"simrun": func() { cli.MainWith(simrunOptions()) },
	})
}

// recordProgram is where the tests find record.
var recordProgram string

// withRecord builds record for the tests: it keeps its packages to itself, so a
// test elsewhere cannot have it inside.
type withRecord struct{ testscript.TestingM }

func (m withRecord) Run() int {
	if runtime.GOOS == "windows" {
		fmt.Println("the commands of the documents are for a Unix shell")
		return 0
	}
	dir, err := os.MkdirTemp("", "doctest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	recordProgram = filepath.Join(dir, "record")
	out, err := exec.Command("go", "build", "-o", recordProgram, "github.com/hubtape/hubtape/cmd/record").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.TestingM.Run()
}

// lookAtRecord lists the source of record, which this package does not import:
// so go test knows that a result it has kept depends on it.
func lookAtRecord(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "cmd", "record"), func(_ string, _ fs.DirEntry, err error) error { return err })
	if err != nil {
		t.Fatal(err)
	}
}

// simrunOptions are the simrun of the documents: the built-in one, and the
// automations of the cookbook.
func simrunOptions() cli.Options {
	return cli.Options{Name: "simrun", Apps: slices.Concat(library.Apps(), home.Apps()), Library: library.FS}
}

// documentPaths are the documents whose commands are run.
func documentPaths(t *testing.T, root string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"}
	for _, path := range found {
		paths = append(paths, "docs/"+filepath.Base(path))
	}
	return paths
}

// prepare makes the folder a Go module beside the checkout, offline.
func prepare(e *testscript.Env, root string) error {
	names := []string{"GOCACHE", "GOMODCACHE", "GOROOT"}
	values, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		return err
	}
	for i, value := range outputLines(string(values)) {
		e.Setenv(names[i], value)
	}
	e.Setenv("GOPROXY", "off")
	e.Setenv("GOTOOLCHAIN", "local")
	e.Setenv("GOFLAGS", "-ldflags=-s -vet=off") // faster; all is vetted in the end
	e.Setenv("ROOT", root)
	e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config")) // where record keeps its key
	e.Setenv("PATH", filepath.Dir(recordProgram)+string(os.PathListSeparator)+e.Getenv("PATH"))
	for name, text := range map[string]string{
		"go.mod":  "module example.com/home\n\ngo 1.26.0\n",
		"go.work": fmt.Sprintf("go 1.26.0\n\nuse (\n\t.\n\t%q\n)\n", root),
	} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func repoRoot(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(wd))
}
