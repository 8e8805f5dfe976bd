// Package rules holds the tests that keep the house in order: which package may
// import which, and what may not stand in code that must run the same way every
// time.
package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// deterministic lists the packages (and what is below them) whose code must be
// a pure function of its inputs.
var deterministic = []string{"core", "sim", "scenarios", "broker"}

// edges are below those and meet the outside.
var edges = []string{
	"sim/simtest", "broker/brokertest", "scenarios/cli", "scenarios/library/house", "core/proactor/program",
}

// edgeFiles meet the outside in a package that otherwise does not: the paho
// client, and what serves the network.
var edgeFiles = map[string]bool{
	"core/link/paho.go": true, "core/link/outbox.go": true, "core/link/once.go": true,
	// the environment and its files; log files
	"core/proactor/broker.go": true, "core/proactor/settings/os.go": true, "core/proactor/logs/file.go": true,
	"broker/serve.go": true, "broker/listener.go": true, "broker/websocket.go": true,
	"broker/inbox.go": true, "broker/names.go": true, // the border to network clients
	"broker/conn.go": true, "broker/takeover.go": true, "broker/users.go": true, "broker/password.go": true,
	"core/proactor/eventstore/osdisk.go": true, "core/proactor/eventstore/boltfile.go": true,
	"core/proactor/web/network.go": true, // sockets
	// service managers
	"core/proactor/watchdog/notify.go": true, "core/proactor/watchdog/service.go": true, "core/proactor/watchdog/command.go": true,
}

// allowed is how a line says that it breaks a rule, and why.
const allowed = "// rules: "

func TestDeterminism(t *testing.T) {
	root := repoRoot(t)
	loaded, err := packages.Load(&packages.Config{
		Dir:  root,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
	}, "./core/...", "./sim/...", "./scenarios/...", "./broker/...")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, p := range loaded {
		dir := strings.TrimPrefix(p.PkgPath, "github.com/hubtape/hubtape/")
		if !below(dir, deterministic) || below(dir, edges) {
			continue
		}
		for _, e := range p.Errors {
			t.Error(e)
		}
		for _, file := range p.Syntax {
			name := relative(t, root, p.Fset.Position(file.Pos()).Filename)
			if edgeFiles[name] {
				continue
			}
			checked++
			excused := excuses(p.Fset, file)
			for _, found := range violations(file, p.TypesInfo) {
				if line := p.Fset.Position(found.pos).Line; !excused[line] {
					t.Errorf("%s:%d: %s", name, line, found.rule)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d files were looked at", checked)
	}
}

type violation struct {
	pos  token.Pos
	rule string
}

// banned names what reads the machine instead of the world, with what to use.
var banned = map[string]string{
	"time.Now": "the runtime's Now or Wall", "time.Since": "the runtime's Now", "time.Until": "the runtime's Now",
	"time.Sleep": "clock.Sleep", "time.After": "a Signal's deadline", "time.AfterFunc": "a loop's timer",
	"time.NewTimer": "a loop's timer", "time.NewTicker": "a loop's timer", "time.Tick": "a loop's timer",
	"time.LoadLocation": "clock.LoadZone",
}

// bannedPackages may not be used at all.
var bannedPackages = map[string]string{
	"math/rand":   "core.Stream",
	"crypto/rand": "core.Stream",
	"sync":        "state that belongs to one task",
}

func violations(file *ast.File, info *types.Info) (found []violation) {
	add := func(n ast.Node, rule string) { found = append(found, violation{n.Pos(), rule}) }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			add(n, "a go statement: start tasks with the runtime's Go")
		case *ast.SelectStmt:
			add(n, "a select: which of two ready cases it takes is drawn by chance; wait on a Signal")
		case *ast.RangeStmt:
			if t := info.TypeOf(n.X); t != nil {
				if _, isMap := t.Underlying().(*types.Map); isMap {
					add(n, "a range over a map: its order is drawn by chance; sort the keys, or keep a slice")
				}
			}
		case *ast.SelectorExpr:
			if rule := usesMachine(n, info); rule != "" {
				add(n, rule)
			}
		}
		return true
	})
	return found
}

func usesMachine(n *ast.SelectorExpr, info *types.Info) string {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return ""
	}
	pkg, ok := info.Uses[x].(*types.PkgName)
	if !ok {
		return ""
	}
	path := pkg.Imported().Path()
	if use, bad := banned[path+"."+n.Sel.Name]; bad {
		return path + "." + n.Sel.Name + " reads the machine's time: use " + use
	}
	if use, bad := bannedPackages[path]; bad {
		return path + "." + n.Sel.Name + " has no place here: use " + use
	}
	if path == "math/rand/v2" {
		switch n.Sel.Name {
		case "New", "NewChaCha8", "Rand":
		default:
			return "math/rand/v2." + n.Sel.Name + " draws from a global stream: use core.Stream"
		}
	}
	return ""
}

// excuses returns the lines that carry, or follow, a comment that says why a
// rule does not hold there.
func excuses(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if why, ok := strings.CutPrefix(c.Text, allowed); ok && len(why) > 10 {
				line := fset.Position(c.Pos()).Line
				lines[line], lines[line+1] = true, true
			}
		}
	}
	return lines
}

// directions says what a package may import of ours; below a listed package the
// same holds unless it is listed itself.
var directions = map[string][]string{
	"mqtt":                    {"mqtt"},
	"clock":                   {},
	"clock/clocktest":         {"clock"},
	"core":                    {"mqtt", "clock", "core"},
	"core/loop":               {"clock"},
	"core/internal":           {"clock"},
	"core/router":             {"clock", "core/loop", "core/internal"},
	"core/event":              {"clock", "core/loop"},
	"core/background":         {"clock", "core/loop", "core/router", "core/internal"},
	"core/service":            {"clock", "core/loop"},
	"core/proactor":           {"mqtt", "clock", "core", "internal/didyoumean"},
	"recorder":                {"mqtt", "recorder", "internal/jsontext", "internal/didyoumean", "internal/yamlplace"},
	"broker":                  {"mqtt", "clock", "broker"},
	"report":                  {"mqtt"},
	"sim":                     {"mqtt", "clock", "core", "recorder", "broker", "report", "sim", "internal/jsontext", "internal/didyoumean", "internal/yamlplace"},
	"scenarios":               {"mqtt", "clock", "core", "recorder", "report", "sim", "scenarios", "internal/didyoumean", "internal/yamlplace"},
	"sim/simtest":             {"mqtt", "clock", "core", "recorder", "report", "sim", "scenarios", "internal/didyoumean", "internal/yamlplace"},
	"scenarios/cli":           {"mqtt", "clock", "core", "recorder", "report", "sim", "scenarios", "internal/command", "internal/didyoumean", "internal/yamlplace"},
	"scenarios/library":       {"mqtt", "clock", "core", "scenarios"},
	"scenarios/library/house": {"mqtt", "clock", "core", "scenarios/library"},
	"cmd/simrun":              {"scenarios/cli", "scenarios/library"},
	"cmd/record":              {"mqtt", "clock", "recorder", "broker", "report", "internal/command", "internal/didyoumean", "internal/yamlplace", "cmd/record"},
	"internal/command":        {"mqtt", "clock", "recorder"},
	"internal/jsontext":       {},
	"internal/didyoumean":     {},
	"internal/yamlplace":      {},
	"internal/rules":          {},
	"internal/doctest":        {"mqtt", "core", "scenarios"},
	"internal/scripttest":     {},
}

// onlyTests may import testing outside of test files.
var onlyTests = []string{"sim/simtest", "broker/brokertest", "clock/clocktest", "internal/scripttest", "core/proactor/eventstore/storetest"}

func TestDirections(t *testing.T) {
	root := repoRoot(t)
	eachGoFile(t, root, func(name string, file *ast.File) {
		dir := filepath.ToSlash(filepath.Dir(name))
		if strings.HasPrefix(dir, "bench") || below(dir, []string{"report/browsertest"}) {
			return // a module of its own
		}
		may, known := rulesFor(dir)
		if !known {
			t.Errorf("%s: the package is not on the map of internal/rules", name)
			return
		}
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			ours, isOurs := strings.CutPrefix(path, "github.com/hubtape/hubtape/")
			switch {
			case isOurs && !below(ours, may) && ours != dir:
				t.Errorf("%s imports %s, which lies the wrong way", name, ours)
			case path == "testing" && !below(dir, onlyTests):
				t.Errorf("%s imports testing: only %v may, outside of tests", name, onlyTests)
			case strings.HasPrefix(dir, "core") && !edgeFiles[name] && !below(dir, edges) && (path == "net" || path == "os" || path == "log"):
				t.Errorf("%s imports %s: core meets the outside only in core/link's client", name, path)
			}
		}
	})
}

func rulesFor(dir string) (may []string, known bool) {
	for d := dir; d != "."; d = filepath.ToSlash(filepath.Dir(d)) {
		if may, known = directions[d]; known {
			return may, true
		}
	}
	return nil, false
}

// eachGoFile parses the imports of every file that is no test.
func eachGoFile(t *testing.T, root string, look func(name string, file *ast.File)) {
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.ImportsOnly)
		if err == nil {
			look(relative(t, root, path), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The rules find what they are for.
func TestRulesBite(t *testing.T) {
	const src = `package x
import ("time"; "math/rand/v2"; "sync")
var mu sync.Mutex
func f(m map[int]int) {
	go f(m)
	select {}
	for range m {}
	_ = time.Now()
	_ = rand.Int()
	for range m {} // rules: the sum does not depend on the order
}`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Error: func(error) {}, Importer: emptyImporter{}}
	_, _ = conf.Check("x", fset, []*ast.File{file}, info)
	excused := excuses(fset, file)
	n := 0
	for _, v := range violations(file, info) {
		if !excused[fset.Position(v.pos).Line] {
			n++
		}
	}
	if n != 6 {
		t.Errorf("found %d violations, want 6", n)
	}
}

type emptyImporter struct{}

func (emptyImporter) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	if path == "math/rand/v2" {
		p.SetName("rand")
	}
	p.MarkComplete()
	return p, nil
}

func below(dir string, roots []string) bool {
	for _, r := range roots {
		if dir == r || strings.HasPrefix(dir, r+"/") {
			return true
		}
	}
	return false
}

func relative(t *testing.T, root, path string) string {
	t.Helper()
	rel, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(rel)
}

func repoRoot(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(wd))
}
