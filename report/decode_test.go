package report_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"regexp"
	"time"

	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// block is a block of data in a page.
type block struct{ kind, name, text string }

var blockForm = regexp.MustCompile(`(?s)<script type="([^"]*)" data-block="([a-z]+)">(.*?)</script>\n`)

// blocks returns the blocks of a page, and what stands around them.
func blocks(page string) (found []block, rest string) {
	for _, m := range blockForm.FindAllStringSubmatch(page, -1) {
		found = append(found, block{m[1], m[2], m[3]})
	}
	return found, blockForm.ReplaceAllString(page, "")
}

// unpack returns the bytes of a packed block.
func unpack(t require.TestingT, text string) []byte {
	packed, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

// decoder reads FORMAT.md's numbers.
type decoder struct {
	t require.TestingT
	b *bytes.Reader
}

func (d decoder) uint() int {
	n, err := binary.ReadUvarint(d.b)
	require.NoError(d.t, err)
	return int(n)
}

func (d decoder) int() int {
	n, err := binary.ReadVarint(d.b)
	require.NoError(d.t, err)
	return int(n)
}

func (d decoder) take(n int) []byte {
	b := make([]byte, n)
	_, err := io.ReadFull(d.b, b)
	require.NoError(d.t, err)
	return b
}

// list reads how many there are, their lengths, and themselves.
func (d decoder) list() (out [][]byte) {
	lengths := make([]int, d.uint())
	for i := range lengths {
		lengths[i] = d.uint()
	}
	for _, n := range lengths {
		out = append(out, d.take(n))
	}
	return out
}

type events struct {
	list          []report.Event
	head, omitted int
}

// decode reads the events of a run back.
func decode(t require.TestingT, packedEvents, packedPayloads string) (e events) {
	p := decoder{t, bytes.NewReader(unpack(t, packedPayloads))}
	payloads := p.list()
	require.Zero(t, p.b.Len(), "bytes after the payloads")
	require.Empty(t, payloads[0])
	d := decoder{t, bytes.NewReader(unpack(t, packedEvents))}
	n := d.uint()
	e.head, e.omitted = d.uint(), d.uint()
	names := d.list()
	require.Empty(t, names[0])
	e.list = make([]report.Event, n)
	unit, at := time.Duration(d.uint()), time.Duration(0)
	for i := range e.list {
		at += time.Duration(d.int()) * unit
		e.list[i].At = at
	}
	for i, kind := range d.take(n) {
		e.list[i].Kind = report.EventKind(kind)
	}
	for i, flags := range d.take(n) {
		e.list[i].QoS, e.list[i].Retain = flags&3, flags&4 != 0
	}
	topics := make([]int, n)
	for i := range topics {
		topics[i] = d.uint()
		e.list[i].Topic = string(names[topics[i]])
	}
	for _, set := range []func(*report.Event, string){
		func(e *report.Event, s string) { e.Client = s },
		func(e *report.Event, s string) { e.Source = s },
		func(e *report.Event, s string) { e.Text = s },
	} {
		for i := range e.list {
			set(&e.list[i], string(names[d.uint()]))
		}
	}
	last := map[int]int{}
	for i := range e.list {
		last[topics[i]] += d.int()
		e.list[i].Payload = payloads[last[topics[i]]]
	}
	require.Zero(t, d.b.Len(), "bytes after the events")
	return e
}

// facts reads a block of JSON.
func facts(t require.TestingT, text string) map[string]any {
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}
