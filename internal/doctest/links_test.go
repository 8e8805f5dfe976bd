package doctest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var (
	link     = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile("^#{1,6} +(.*?) *#*$")
	codeSpan = regexp.MustCompile("`[^`]*`")
)

// TestLinks: every link between the files of the checkout leads somewhere.
func TestLinks(t *testing.T) {
	root := repoRoot(t)
	links := 0
	for _, file := range markdown(t, root) {
		d, err := readDocument(root, file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, l := range d.links() {
			links++
			if why := follow(root, d, l.to); why != "" {
				t.Errorf("%s:%d: %s: %s", file, l.line, l.to, why)
			}
		}
	}
	if links < 30 {
		t.Errorf("only %d links were found", links)
	}
}

// foundLink is a link, and the line it stands in.
type foundLink struct {
	line int
	to   string
}

// links are those of the text, without what only looks like one in code.
func (d *document) links() (list []foundLink) {
	for i, line := range d.prose() {
		for _, found := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
			list = append(list, foundLink{i + 1, found[1]})
		}
	}
	return list
}

// follow looks whether a link of a document leads somewhere, and says what is
// wrong. Other sites are not asked.
func follow(root string, from *document, to string) string {
	if strings.Contains(to, "://") {
		return ""
	}
	file, anchor, hasAnchor := strings.Cut(to, "#")
	target := from.path
	if file != "" {
		target = path.Join(path.Dir(from.path), file)
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
			return "there is no such file"
		}
	}
	if !hasAnchor {
		return ""
	}
	d := from
	if file != "" {
		var err error
		if d, err = readDocument(root, target); err != nil {
			return err.Error()
		}
	}
	if !d.anchors()[anchor] {
		return "there is no such heading"
	}
	return ""
}

// anchors are what links may name in a document, made of its headings as GitHub
// makes them.
func (d *document) anchors() map[string]bool {
	known := map[string]bool{}
	for _, line := range d.prose() {
		found := heading.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		name := slug(found[1])
		for n := 1; known[name]; n++ {
			name = slug(found[1]) + "-" + strconv.Itoa(n)
		}
		known[name] = true
	}
	return known
}

func slug(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, link.ReplaceAllStringFunc(text, func(l string) string { return l[1:strings.Index(l, "]")] }))
}

// markdown are all documents of the checkout.
func markdown(t *testing.T, root string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 1 && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
