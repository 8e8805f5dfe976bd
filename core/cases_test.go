package core_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	caseNumber = regexp.MustCompile(`\b(?:PZ|TF|AE|MO|GW)-\d{2,3}\b`)
	testName   = regexp.MustCompile("`(Test\\w+)`")
	testFunc   = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestCases holds core/CASES.md to the tests: every case that is not left out
// stands in a test, every test it names exists and every case that a test names
// is listed.
func TestCases(t *testing.T) {
	page, err := os.ReadFile("CASES.md")
	if err != nil {
		t.Fatal(err)
	}
	inTests, tests := map[string]bool{}, map[string]bool{}
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, id := range caseNumber.FindAllString(string(text), -1) {
			inTests[id] = true
		}
		for _, f := range testFunc.FindAllStringSubmatch(string(text), -1) {
			tests[f[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !caseNumber.MatchString(cells[1]) {
			continue
		}
		here := strings.TrimSpace(cells[3])
		named := testName.FindAllStringSubmatch(here, -1)
		if len(named) == 0 && !strings.HasPrefix(here, "not in Go") && !strings.HasPrefix(here, "otherwise: ") {
			t.Errorf("%s: no test and no reason: %q", cells[1], here)
		}
		for _, name := range named {
			if !tests[name[1]] {
				t.Errorf("%s: there is no %s", cells[1], name[1])
			}
		}
		for _, id := range caseNumber.FindAllString(cells[1], -1) {
			if listed[id] {
				t.Errorf("%s is listed twice", id)
			}
			listed[id] = true
			if len(named) > 0 && !inTests[id] {
				t.Errorf("%s: no test names it", id)
			}
		}
	}
	for id := range inTests {
		if !listed[id] {
			t.Errorf("%s: a test names it, and CASES.md does not list it", id)
		}
	}
	if len(listed) < 250 {
		t.Errorf("only %d cases are listed", len(listed))
	}
}
