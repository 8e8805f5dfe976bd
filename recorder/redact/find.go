package redact

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

// Finding is a secret that stands on a tape.
type Finding struct {
	Rule   string // the name of the rule that found it
	Where  string // such as "payload: config.mqtt.password" or "topic level 2"
	Sample string // its length and the characters it is made of, never the secret
}

// String is `rule: where (sample)`.
func (f Finding) String() string { return f.Rule + ": " + f.Where + " (" + f.Sample + ")" }

// Find returns the secrets of a record, in the order in which they stand in it.
// Stand-ins are none.
func (r *Rules) Find(rec *recorder.Record) []Finding {
	s, _ := r.pool.Get().(*scanner)
	if s == nil {
		s = &scanner{rules: r}
	}
	defer r.pool.Put(s)
	var f finder
	s.visit(rec, &f)
	return f.found
}

// finder collects findings.
type finder struct{ found []Finding }

func (f *finder) add(edits []edit) {
	for _, e := range edits {
		f.found = append(f.found, *e.found)
	}
}

func (f *finder) topic(p *plan) { f.add(p.edits) }

func (f *finder) responseTopic(p *plan) {
	n := len(f.found)
	f.add(p.edits)
	for i := range f.found[n:] {
		f.found[n+i].Where = "response " + f.found[n+i].Where
	}
}

func (f *finder) payload(edits []edit)     { f.add(edits) }
func (f *finder) client(edits []edit)      { f.add(edits) }
func (f *finder) text(edits []edit)        { f.add(edits) }
func (f *finder) contentType(edits []edit) { f.add(edits) }
func (f *finder) correlation(edits []edit) { f.add(edits) }

func (f *finder) user(i int, edits []edit) {
	n := len(f.found)
	f.add(edits)
	for k := range f.found[n:] {
		f.found[n+k].Where += fmt.Sprintf(" %d", i+1)
	}
}

// sample describes a secret without telling it.
func sample(k kind, value []byte) string {
	switch k {
	case kindNumber:
		return counted(countDigits(value), "digit") + ", a number"
	case kindList:
		return "a list of " + counted(len(value), "number")
	}
	if !utf8.Valid(value) {
		return counted(len(value), "byte")
	}
	var classes []string
	for _, c := range []struct {
		name string
		has  func(rune) bool
	}{
		{"letters", unicode.IsLetter},
		{"digits", unicode.IsDigit},
		{"others", func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }},
	} {
		if strings.IndexFunc(string(value), c.has) >= 0 {
			classes = append(classes, c.name)
		}
	}
	return counted(utf8.RuneCount(value), "character") + ": " + strings.Join(classes, ", ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
