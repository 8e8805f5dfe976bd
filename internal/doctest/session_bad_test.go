package doctest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// listener is a test that keeps what goes wrong in it.
type listener struct {
	log strings.Builder
}

func (l *listener) Log(args ...any)   { fmt.Fprintln(&l.log, args...) }
func (l *listener) Skip(args ...any)  { l.Fatal(args...) }
func (l *listener) Fatal(args ...any) { l.Log(args...); l.FailNow() }
func (l *listener) FailNow()          { runtime.Goexit() }
func (l *listener) Parallel()         {}
func (l *listener) Verbose() bool     { return false }
func (l *listener) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(l)
	}()
	<-done
}

// complaint is what running a document says is wrong with it.
func complaint(t *testing.T, lines ...string) string {
	t.Helper()
	var l listener
	testscript.RunT(&l, scripts(t, repoRoot(t), []*document{parse(t, lines...)}))
	_, text, _ := strings.Cut(l.log.String(), "FAIL: ")
	_, text, _ = strings.Cut(text, "x.txtar:1: ")
	return text
}

// A document that is wrong is noticed.
func TestBadDocuments(t *testing.T) {
	if *update {
		t.Skip("nothing is written into these documents")
	}
	for name, c := range map[string]struct {
		lines []string
		want  string // "": nothing is wrong
	}{
		"right":           {[]string{"```console", "$ echo a; echo b >&2", "a", "b", "$ true", "```"}, ""},
		"output":          {[]string{"```console", "$ echo a", "b", "```"}, "x.md:2: $ echo a printed:\na\nand the document says:\nb\n"},
		"too much":        {[]string{"```console", "$ echo a", "a", "a", "```"}, "$ echo a printed:\na\n"},
		"second":          {[]string{"```console", "$ echo a", "a", "$ echo c", "b", "```"}, "x.md:4: $ echo c printed:\nc\n"},
		"exit":            {[]string{"```console", "$ exit 3", "```"}, "x.md:2: exit code 3 of: exit 3"},
		"exit expected":   {[]string{"```console exit=3", "$ exit 3", "```"}, ""},
		"exit other":      {[]string{"```console exit=1", "$ exit 3", "```"}, "exit code 3"},
		"exit not":        {[]string{"```console exit=1", "$ true", "```"}, "exit code 0"},
		"exit too early":  {[]string{"```console exit=1", "$ false", "$ false", "```"}, "x.md:2: exit code 1"},
		"no command":      {[]string{"```console", "a", "```"}, "a console block without a line"},
		"quietly":         {[]string{"<!-- test:", "false", "true", "-->"}, "x.md:1: exit code 1"},
		"file":            {[]string{"```json a/b.json", "{}", "", "```", "```console", "$ cat a/b.json", "{}", "```"}, ""},
		"file not run":    {[]string{"```sh", "false", "```"}, ""},
		"folders":         {[]string{"```console", "$ pwd", "…script-x", "```"}, ""},
		"mistake":         {[]string{"<!-- test: : -->", "```console mistake=slow", "$ echo $HOME_MISTAKE", "slow", "```", "```console", "$ echo $HOME_MISTAKE", "```"}, ""},
		"both ways":       {[]string{"```yaml a.yaml mistake=every-ring", "name: a", "app: doorbell", "steps: [{publish: {topic: bell/pressed}}, {publish: {topic: bell/pressed}}, {count: {topic: notify/phone, exactly: 1, for: 1s}}]", "```"}, ""},
		"never passes":    {[]string{"```yaml a.yaml mistake=every-ring", "name: a", "app: doorbell", "steps: [{count: {topic: notify/phone, min: 1, for: 1s}}]", "```"}, "x.md:1: it does not pass as it stands"},
		"warns":           {[]string{"```yaml a.yaml mistake=every-ring", "name: a", "```"}, "x.md:1: it does not pass as it stands"},
		"mistake unseen":  {[]string{"```yaml a.yaml mistake=slow", "name: a", "app: doorbell", "steps: [{publish: {topic: bell/pressed}}, {route_until: {topic: notify/phone, within: 1s}}]", "```"}, "exit code 0 with the mistake slow"},
		"Go":              {[]string{"```go a/a.go", "package a", "", "func f() int { return true }", "```"}, "cannot use true"},
		"Go without name": {[]string{"```go", "f()", "```"}, "a Go block needs a file name"},
		"Go fragment":     {[]string{"<!-- around:", "package a", "func f() {", "…", "}", "-->", "```go", "g()", "```"}, "undefined: g"},
		"second fragment": {[]string{"<!-- around:", "package a", "…", "-->", "```go", "func f() {}", "```", "```go", "func f() {}", "```"}, "x.md:8: a Go block needs a file name"},
		"Go test":         {[]string{"```go a/a_test.go mistake=slow", "package a", "", `import "testing"`, "", "func TestA(*testing.T) {}", "```"}, "exit code 0 with the mistake slow"},
	} {
		t.Run(name, func(t *testing.T) {
			got := complaint(t, c.lines...)
			if c.want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, c.want)
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	d := parse(t, "```console", "$ a", "1", "$ b", "2", "$ c", "3", "```", "end")
	list := d.blocks[0].commands()
	got := d.with([]printed{{list[0], []string{"one", "more"}}, {list[1], nil}, {list[2], []string{"three"}}})
	require.Equal(t, []string{"```console", "$ a", "one", "more", "$ b", "$ c", "three", "```", "end"}, got)
	require.Equal(t, "3", d.lines[6])
}
