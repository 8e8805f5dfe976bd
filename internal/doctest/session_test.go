package doctest

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what commands print into the documents")

// session runs the blocks of a document, one after the other, in a folder of
// its own.
type session struct {
	ts      *testscript.TestScript
	doc     *document
	around  []string // what stands around the next Go block; nil: nothing
	printed []printed
	tests   []*block // Go tests that name a mistake
}

// printed is what a command printed in place of what the document says.
type printed struct {
	command
	lines []string
}

func (s *session) run() {
	for _, b := range s.doc.blocks {
		switch {
		case b.kind == testComment:
			s.quietly(b)
		case b.kind == aroundComment:
			s.around = b.body
		case b.kind == "console":
			s.console(b)
		case b.kind == "go" && b.file == "":
			s.fragment(b)
		case b.file != "":
			s.file(b)
		}
	}
	s.vet()
	s.runTests()
}

// quietly runs a comment's commands, each of which must succeed.
func (s *session) quietly(b *block) {
	if out, code := s.shell("set -e\n" + b.text()); code != 0 {
		s.ts.Fatalf("%v: exit code %d: %s", b, code, out)
	}
}

// console runs a block's commands and compares what they print. The last of
// them exits with the code of the block's exit=N, the others with 0.
func (s *session) console(b *block) {
	want, err := strconv.Atoi(or(b.attr["exit"], "0"))
	s.ts.Check(err)
	s.ts.Setenv(mistakeVariable, b.attr["mistake"])
	list := b.commands()
	if len(list) == 0 {
		s.ts.Fatalf("%v: a console block without a line that begins with \"$ \"", b)
	}
	for i, c := range list {
		out, code := s.shell(c.text)
		if i == len(list)-1 && code != want || i < len(list)-1 && code != 0 {
			s.ts.Fatalf("%s:%d: exit code %d of: %s\n%s", b.doc.path, c.first, code, c.text, out)
		}
		got := outputLines(out)
		if !sameOutput(c.says, got) {
			s.printed = append(s.printed, printed{c, got})
		}
	}
	s.ts.Setenv(mistakeVariable, "")
}

// file writes a block to its file. What names a mistake passes as it stands,
// and fails where the automations make that mistake.
func (s *session) file(b *block) {
	target := s.ts.MkAbs(b.file)
	s.ts.Check(os.MkdirAll(filepath.Dir(target), 0o700))
	s.ts.Check(os.WriteFile(target, []byte(b.text()), 0o600))
	switch {
	case b.attr["mistake"] == "":
	case b.isTest():
		s.tests = append(s.tests, b)
	default:
		s.bothWays(b, "simrun "+b.file+" --strict")
	}
}

// bothWays wants a command to succeed, and to fail where the automations make
// the block's mistake.
func (s *session) bothWays(b *block, command string) {
	if out, code := s.shell(command); code != 0 {
		s.ts.Fatalf("%v: it does not pass as it stands: %s", b, out)
	}
	s.ts.Setenv(mistakeVariable, b.attr["mistake"])
	if out, code := s.shell(command); code != 1 {
		s.ts.Fatalf("%v: exit code %d with the mistake %s, want 1: %s", b, code, b.attr["mistake"], out)
	}
	s.ts.Setenv(mistakeVariable, "")
}

// runTests runs the Go tests that name a mistake. Those of one package are
// compiled once.
func (s *session) runTests() {
	compiled := map[string]bool{}
	for _, b := range s.tests {
		folder := path.Dir(b.file)
		binary := "./" + strings.ReplaceAll(folder, "/", "-") + ".test"
		if !compiled[folder] {
			compiled[folder] = true
			if out, code := s.shell("go test -c -o " + binary + " ./" + folder); code != 0 {
				s.ts.Fatalf("%v: %s", b, out)
			}
		}
		s.bothWays(b, binary+" -test.run '^("+strings.Join(b.testNames(), "|")+")$'")
	}
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func (b *block) testNames() (names []string) {
	for _, found := range testName.FindAllStringSubmatch(b.text(), -1) {
		names = append(names, found[1])
	}
	return names
}

func (b *block) isTest() bool { return strings.HasSuffix(b.file, "_test.go") }

// fragment writes a Go block without a file to one that is only compiled.
func (s *session) fragment(b *block) {
	at := slices.Index(s.around, anything)
	if at < 0 {
		s.ts.Fatalf("%v: a Go block needs a file name, or a comment <!-- around: … --> before it, to be compiled", b)
	}
	text := strings.Join(slices.Concat(s.around[:at], b.body, s.around[at+1:]), "\n")
	s.around = nil
	target := s.ts.MkAbs("fragment" + strconv.Itoa(b.line) + "/fragment.go")
	s.ts.Check(os.MkdirAll(filepath.Dir(target), 0o700))
	s.ts.Check(os.WriteFile(target, []byte(text), 0o600))
}

// vet compiles all Go files of the document.
func (s *session) vet() {
	if !s.doc.hasGo() {
		return
	}
	if out, code := s.shell("go vet ./..."); code != 0 {
		s.ts.Fatalf("%s: %s", s.doc.path, out)
	}
}

// shell runs commands and returns what they print, on either stream.
func (s *session) shell(text string) (out string, code int) {
	err := s.ts.Exec("sh", "-c", "exec 2>&1\n"+text)
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		code = ee.ExitCode()
	} else {
		s.ts.Check(err)
	}
	return s.ts.ReadFile("stdout"), code
}

// settle says what commands printed otherwise than the document has it, or with
// -update writes that into the document.
func (s *session) settle(root string) {
	if len(s.printed) == 0 {
		return
	}
	if *update {
		text := strings.Join(s.doc.with(s.printed), "\n") + "\n"
		s.ts.Check(os.WriteFile(filepath.Join(root, s.doc.path), []byte(text), 0o600))
		return
	}
	var complaint strings.Builder
	for _, p := range s.printed {
		complaint.WriteString("\n" + s.doc.path + ":" + strconv.Itoa(p.first) + ": $ " + p.text + " printed:\n" + strings.Join(p.lines, "\n") +
			"\nand the document says:\n" + strings.Join(p.says, "\n") + "\n")
	}
	s.ts.Fatalf("go test ./internal/doctest -update rewrites what commands print%s", complaint.String())
}

// with are the lines of the document with what commands printed.
func (d *document) with(list []printed) []string {
	lines := slices.Clone(d.lines)
	for _, p := range slices.Backward(list) {
		lines = slices.Replace(lines, p.first, p.end, p.lines...)
	}
	return lines
}

func (d *document) hasGo() bool {
	return slices.ContainsFunc(d.blocks, func(b *block) bool { return b.kind == "go" })
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// TestDocuments runs every command that the documents show.
func TestDocuments(t *testing.T) {
	root := repoRoot(t)
	lookAtRecord(t, root)
	var documents []*document
	for _, file := range documentPaths(t, root) {
		d, err := readDocument(root, file)
		if err != nil {
			t.Error(err)
			continue
		}
		documents = append(documents, d)
	}
	testscript.Run(t, scripts(t, root, documents))
}

// scripts makes a test script of each document.
func scripts(t *testing.T, root string, documents []*document) testscript.Params {
	t.Helper()
	dir := t.TempDir()
	named := map[string]*document{}
	for _, d := range documents {
		name := strings.ReplaceAll(strings.TrimSuffix(d.path, ".md"), "/", "-")
		named[name] = d
		if err := os.WriteFile(filepath.Join(dir, name+".txtar"), []byte("document "+name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return testscript.Params{
		Dir:   dir,
		Setup: func(e *testscript.Env) error { return prepare(e, root) },
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"document": func(ts *testscript.TestScript, _ bool, args []string) {
				s := &session{ts: ts, doc: named[args[0]]}
				s.run()
				s.settle(root)
			},
		},
	}
}
