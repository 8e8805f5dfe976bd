package rules

import (
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// guideNames are what the tables of docs/from-python.md call by package, type
// and method, in backticks.
var guideNames = regexp.MustCompile("`((?:clock|core|link|loop|router|background|event|service)\\.[A-Z]\\w*(?:\\.[A-Z]\\w*)?)`")

// TestGuideNames: whoever follows the guide finds what it names.
func TestGuideNames(t *testing.T) {
	root := repoRoot(t)
	guide, err := os.ReadFile(filepath.Join(root, "docs", "from-python.md"))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := packages.Load(&packages.Config{
		Dir:  root,
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps,
	}, "./clock", "./core/...")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*types.Package{}
	for _, p := range loaded {
		known[p.Name] = p.Types
	}
	names := guideNames.FindAllStringSubmatch(string(guide), -1)
	if len(names) < 100 {
		t.Errorf("only %d names were found in the guide", len(names))
	}
	for _, name := range names {
		if !exists(known, strings.Split(name[1], ".")) {
			t.Errorf("docs/from-python.md names %s, which does not exist", name[1])
		}
	}
}

// exists looks for package, name and, if there is one, field or method.
func exists(known map[string]*types.Package, path []string) bool {
	p := known[path[0]]
	if p == nil {
		return false
	}
	found := p.Scope().Lookup(path[1])
	if found == nil || len(path) == 2 {
		return found != nil
	}
	member, _, _ := types.LookupFieldOrMethod(found.Type(), true, p, path[2])
	return member != nil && member.Exported()
}
