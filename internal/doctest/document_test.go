package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// document is a Markdown file, cut into what the test does something with.
type document struct {
	path   string // below the root of the checkout, with slashes
	lines  []string
	blocks []*block
}

// block is a fenced block, or a comment that is meant for the test.
type block struct {
	doc    *document
	line   int // of its first line, from 1
	last   int // of its last line, from 1
	body   []string
	kind   string            // the fence's language; testComment or aroundComment
	file   string            // the file it is written to; "": none
	attr   map[string]string // exit, mistake
	hidden bool              // a comment: no reader sees it
}

// Comments that are meant for the test.
const (
	testComment   = "test"   // commands for the shell
	aroundComment = "around" // what stands around the Go block that follows
)

// attributes are what may stand in the info string of a fence, as KEY=VALUE.
var attributes = map[string]bool{"exit": true, "mistake": true}

func (b *block) text() string   { return strings.Join(b.body, "\n") + "\n" }
func (b *block) String() string { return fmt.Sprintf("%s:%d", b.doc.path, b.line) }

// readDocument reads a file below root.
func readDocument(root, path string) (*document, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return nil, err
	}
	return parseDocument(path, string(text))
}

func parseDocument(path, text string) (*document, error) {
	d := &document{path: path, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	for i := 0; i < len(d.lines); {
		b, err := d.blockAt(i)
		if err != nil {
			return nil, err
		}
		if b == nil {
			i++
			continue
		}
		d.blocks = append(d.blocks, b)
		i = b.last
	}
	return d, nil
}

// blockAt is the block that begins at lines[i], nil where none does.
func (d *document) blockAt(i int) (*block, error) {
	line := d.lines[i]
	if b, err := d.commentAt(i); b != nil || err != nil {
		return b, err
	}
	info, fenced := strings.CutPrefix(line, "```")
	if !fenced {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			return nil, fmt.Errorf("%s:%d: a fence that is indented: begin it in the first column", d.path, i+1)
		}
		return nil, nil
	}
	b := &block{doc: d, line: i + 1, attr: map[string]string{}}
	if err := b.readInfo(strings.Fields(info)); err != nil {
		return nil, err
	}
	if !b.upTo("```") {
		return nil, fmt.Errorf("%v: a fence that is not closed", b)
	}
	return b, nil
}

// upTo reads the body, which ends before a line that is like this, and reports
// whether there is one.
func (b *block) upTo(end string) bool {
	n := slices.Index(b.doc.lines[b.line:], end)
	if n < 0 {
		return false
	}
	b.body, b.last = b.doc.lines[b.line:b.line+n], b.line+n+1
	return true
}

// readInfo reads LANGUAGE [FILE] [KEY=VALUE]…
func (b *block) readInfo(words []string) error {
	for i, word := range words {
		key, value, isAttr := strings.Cut(word, "=")
		switch {
		case i == 0:
			b.kind = word
		case isAttr && attributes[key]:
			b.attr[key] = value
		case !isAttr && b.file == "":
			b.file = word
		default:
			return fmt.Errorf("%v: what is %q in the info string of a fence?", b, word)
		}
	}
	return nil
}

// commentAt is the comment for the test that begins at lines[i], nil where none
// does: on one line, or its body on lines of its own.
func (d *document) commentAt(i int) (*block, error) {
	for _, kind := range []string{testComment, aroundComment} {
		rest, ok := strings.CutPrefix(d.lines[i], "<!-- "+kind+":")
		if !ok {
			continue
		}
		b := &block{doc: d, line: i + 1, last: i + 1, kind: kind, hidden: true}
		if one, ok := strings.CutSuffix(rest, "-->"); ok {
			b.body = []string{strings.TrimSpace(one)}
		} else if !b.upTo("-->") {
			return nil, fmt.Errorf("%v: a comment that is not closed by a line --> of its own", b)
		}
		return b, nil
	}
	return nil, nil
}

// prose are the lines outside of blocks, the others empty, so that numbers of
// lines stay.
func (d *document) prose() []string {
	lines := slices.Clone(d.lines)
	for _, b := range d.blocks {
		for i := b.line - 1; i < b.last; i++ {
			lines[i] = ""
		}
	}
	return lines
}
