package redact

import (
	"crypto/rand"
	"slices"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// Redactor replaces what rules call secret. One goroutine may use it at a time.
// Its memory does not grow with what it has seen.
type Redactor struct {
	scan    scanner
	counts  []uint64
	records uint64

	rec     *recorder.Record // being redacted
	changed bool
	owned   bool // rec.Properties are a copy
}

// New returns a Redactor. The key makes stand-ins unguessable: who knows it can
// try secrets until a stand-in comes out, so it is kept as safe as they are
// (see [LoadKey]). Without a key one is drawn, and stand-ins are the same
// within this Redactor only.
func New(r *Rules, key []byte) *Redactor {
	if len(key) == 0 {
		key = make([]byte, KeyBytes)
		_, _ = rand.Read(key) // never fails
	}
	return &Redactor{
		scan:   scanner{rules: r, stand: newStandIns(key)},
		counts: make([]uint64, len(r.list)),
	}
}

// Record replaces the secrets of a record by stand-ins, and reports whether
// there were any: in the topic (of a subscription: the filter), the payload,
// the client's id, the text, and the MQTT 5 properties. Payloads, properties
// and all else that the record shares with others are copied before they
// change. A record without secrets costs no allocation once its topic has been
// seen.
func (x *Redactor) Record(rec *recorder.Record) (changed bool) {
	x.rec, x.changed, x.owned = rec, false, false
	x.scan.visit(rec, x)
	x.rec = nil
	if x.changed {
		x.records++
	}
	return x.changed
}

func (x *Redactor) count(edits []edit) {
	x.changed = true
	for _, e := range edits {
		if e.rule != nil {
			x.counts[e.rule.index]++
		}
	}
}

func (x *Redactor) bytes(old []byte, edits []edit) []byte {
	x.count(edits)
	return apply(old, edits)
}

func (x *Redactor) string(old string, edits []edit) string {
	return string(x.bytes([]byte(old), edits))
}

// properties returns the record's properties, to be changed.
func (x *Redactor) properties() *mqtt.Properties {
	if !x.owned {
		p := *x.rec.Properties
		p.User = slices.Clone(p.User)
		x.rec.Properties, x.owned = &p, true
	}
	return x.rec.Properties
}

func (x *Redactor) topic(p *plan) {
	x.count(p.edits)
	x.rec.Topic = p.topic
}

func (x *Redactor) responseTopic(p *plan) {
	x.count(p.edits)
	x.properties().ResponseTopic = p.topic
}

func (x *Redactor) payload(edits []edit) { x.rec.Payload = x.bytes(x.rec.Payload, edits) }

func (x *Redactor) client(edits []edit) { x.rec.Client = x.string(x.rec.Client, edits) }

func (x *Redactor) text(edits []edit) { x.rec.Text = x.string(x.rec.Text, edits) }

func (x *Redactor) contentType(edits []edit) {
	p := x.properties()
	p.ContentType = x.string(p.ContentType, edits)
}

func (x *Redactor) correlation(edits []edit) {
	p := x.properties()
	p.CorrelationData = x.bytes(p.CorrelationData, edits)
}

func (x *Redactor) user(i int, edits []edit) {
	p := x.properties()
	p.User[i].Value = x.string(p.User[i].Value, edits)
}

// Stats say what a [Redactor] has done so far.
type Stats struct {
	Records uint64      // records that were changed
	Values  uint64      // values that were replaced in them
	Rules   []RuleCount // of the rules that found something, in the order of the rules
}

// RuleCount is how many values a rule has replaced.
type RuleCount struct {
	Rule   string
	Values uint64
}

// Stats returns what was done so far.
func (x *Redactor) Stats() Stats {
	st := Stats{Records: x.records}
	for i, n := range x.counts {
		if n > 0 {
			st.Values += n
			st.Rules = append(st.Rules, RuleCount{x.scan.rules.list[i].name, n})
		}
	}
	return st
}
