package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"time"
)

// Options say what stands above the runs of a page.
type Options struct {
	Title   string    // "": hubtape
	Program string    // that wrote the page, with its version; "": not shown
	Created time.Time // zero: not shown, and the same runs give the same page
}

// HTML writes a page, run by run: memory holds one run at a time. The page is one
// file that asks nothing of the network and that runs no script but its own; its
// format is described in FORMAT.md. It belongs to one goroutine at a time.
//
// A link to the page may name what it is to show: #run=3&failure=0 the first
// failure of the fourth run, #run=3&at=12.5 what happened around an instant, in
// seconds.
type HTML struct {
	w     io.Writer
	o     Options
	begun bool
	runs  int
	err   error // the first one; nothing is written after it
}

// NewHTML begins a page. Nothing is written before the first Add, or Close.
func NewHTML(w io.Writer, o Options) *HTML {
	if o.Title == "" {
		o.Title = "hubtape"
	}
	return &HTML{w: w, o: o}
}

// Add writes a run. Runs stand in the page's overview in the order in which they
// are added. The error is the writer's; after one the page cannot be used.
func (p *HTML) Add(r *Run) error {
	p.begin()
	p.data("run", factsOf(r))
	if r.History != nil {
		t := newTable(r.History.Events())
		p.packed("events", t.writeEvents)
		p.packed("payloads", t.writePayloads)
	}
	p.runs++
	return p.err
}

// Close ends the page. A page that was not closed says so to who opens it. The
// writer is the caller's to close.
func (p *HTML) Close() error {
	p.begin()
	p.data("end", struct {
		Runs int `json:"runs"`
	}{p.runs})
	p.text("</body>\n</html>\n")
	return p.err
}

type pageFacts struct {
	Title   string `json:"title"`
	Program string `json:"program,omitempty"`
	Created string `json:"created,omitempty"`
}

func (p *HTML) begin() {
	if p.begun {
		return
	}
	p.begun = true
	p.text(opening(html.EscapeString(readable(p.o.Title))))
	f := pageFacts{Title: readable(p.o.Title), Program: readable(p.o.Program)}
	if !p.o.Created.IsZero() {
		f.Created = p.o.Created.Format("2006-01-02 15:04:05 MST")
	}
	p.data("page", f)
}

// data writes a block of JSON. Its encoder writes <, > and & as escapes, so that
// nothing in it ends the block or begins another.
func (p *HTML) data(name string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if err := e.Encode(v); err != nil && p.err == nil {
		p.err = fmt.Errorf("page: %w", err)
	}
	p.text(`<script type="application/json" data-block="` + name + `">`)
	p.text(string(bytes.TrimSpace(b.Bytes())))
	p.text("</script>\n")
}

// packed writes a block of bytes: compressed, in Base64, whose letters mean
// nothing in HTML.
func (p *HTML) packed(name string, write func(io.Writer) error) {
	p.text(`<script type="application/octet-stream" data-block="` + name + `">`)
	if p.err == nil {
		letters := base64.NewEncoder(base64.StdEncoding, p.w)
		p.err = compressed(letters, write)
		if err := letters.Close(); p.err == nil {
			p.err = err
		}
	}
	p.text("</script>\n")
}

func (p *HTML) text(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}
