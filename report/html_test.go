package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

func page(t require.TestingT, o report.Options, runs ...*report.Run) string {
	var b bytes.Buffer
	p := report.NewHTML(&b, o)
	for _, r := range runs {
		require.NoError(t, p.Add(r))
	}
	require.NoError(t, p.Close())
	return b.String()
}

// small is a run with something of everything.
func small() *report.Run {
	r := &report.Run{
		Name: "hall", File: "hall.yaml", Description: "light follows motion", Tags: []string{"lights"}, Status: report.Failed,
		Seed: 1<<64 - 1, Digest: "0123456789abcdef", Start: time.Date(2026, 1, 10, 17, 0, 0, 1500_000, time.FixedZone("CET", 3600)),
		Length: time.Hour, Wall: time.Millisecond, In: 2, Out: 1, Warnings: []string{"beware"}, Log: []string{"ready"}, Repeat: "simrun hall.yaml",
		Facts:    []report.Fact{{Name: "house", Value: "ours"}},
		Failures: []report.Failure{{Kind: "never", Message: "it did", Details: []string{"a", "b"}, Around: []string{"c"}, At: 2 * time.Second, Topic: "z/+/set", Line: 7}},
		History:  &report.History{Limit: 6, Spans: []report.Span{{Kind: report.StepSpan, From: 1, To: 2, Label: "advance", Text: "5m", Topic: "#", Line: 3, Failed: true}}},
	}
	for _, e := range []report.Event{
		{At: 0, Kind: report.Snapshot, Source: "tape", Topic: "z/lamp", Payload: []byte(`{"state":"OFF"}`), Retain: true},
		{At: time.Second, Kind: report.Connect, Client: "app"},
		{At: time.Second, Source: "tape", Topic: "z/motion", Payload: []byte(`{"occupancy":true}`)},
		{At: 1100 * time.Millisecond, Source: "device", Topic: "z/lamp", Payload: []byte("left out")},
		{At: 1200 * time.Millisecond, Source: "app", Client: "app", Topic: "z/lamp/set", Payload: []byte(`{"state":"ON"}`), QoS: 1},
		{At: 1300 * time.Millisecond, Source: "device", Topic: "z/lamp", Payload: []byte(`{"state":"OFF"}`)},
		{At: 2 * time.Second, Kind: report.Drop, Topic: "z/lamp", Text: "app: its session has gone"},
	} {
		r.History.Add(e)
	}
	return r
}

// The data of a small page stands in a file, unpacked.
func TestGolden(t *testing.T) {
	created := time.Date(2026, 1, 11, 3, 4, 5, 0, time.UTC)
	second := &report.Run{Name: "later", Status: report.Skipped, Skip: "not yet"}
	found, _ := blocks(page(t, report.Options{Title: "Night & day", Program: "simrun 1.0", Created: created}, small(), second))
	var b strings.Builder
	for _, x := range found {
		fmt.Fprintf(&b, "%s %s\n", x.name, x.kind)
		if x.kind == "application/json" {
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, []byte(x.text), "", "  "))
			fmt.Fprintf(&b, "%s\n\n", indented.String())
		} else {
			fmt.Fprintf(&b, "%q\n\n", unpack(t, x.text))
		}
	}
	path := filepath.Join("testdata", "page.golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

func TestEventsComeBack(t *testing.T) {
	r := small()
	found, _ := blocks(page(t, report.Options{}, r))
	require.Equal(t, []string{"page", "run", "events", "payloads", "end"}, names(found))
	got := decode(t, found[2].text, found[3].text)
	want, head, omitted := r.History.Events()
	requireEvents(t, want, got.list)
	require.Equal(t, []int{3, 1}, []int{head, omitted})
	require.Equal(t, []int{3, 1}, []int{got.head, got.omitted})
}

// A page has the changes of a zone's clocks until the run's end, and no others.
func TestClockChanges(t *testing.T) {
	budapest, err := clock.LoadZone("Europe/Budapest")
	require.NoError(t, err)
	start := time.Date(2026, 10, 24, 12, 0, 0, 0, budapest)
	h := &report.History{}
	h.Add(report.Event{At: 15 * time.Hour})
	for name, c := range map[string]struct {
		run  report.Run
		want string
	}{
		"before the night":    {report.Run{Length: 15*time.Hour - 1}, `"zone":"CEST"}`},
		"to the night":        {report.Run{Length: 15 * time.Hour}, `"zone":"CEST","changes":[{"at":54000000000000,"offset":3600,"zone":"CET"}]}`},
		"by an event":         {report.Run{History: h}, `"zone":"CEST","changes":[{"at":54000000000000,"offset":3600,"zone":"CET"}]}`},
		"by a span":           {report.Run{History: &report.History{Spans: []report.Span{{To: 15 * time.Hour}}}}, `"zone":"CEST","changes":[{`},
		"to the spring":       {report.Run{Length: 200 * 24 * time.Hour}, `"zone":"CET"},{"at":13359600000000000,"offset":7200,"zone":"CEST"}]}`},
		"nothing was kept of": {report.Run{}, `"zone":"CEST"}`},
	} {
		c.run.Start = start
		found, _ := blocks(page(t, report.Options{}, &c.run))
		require.Contains(t, found[1].text, c.want, name)
	}
}

func names(found []block) (out []string) {
	for _, x := range found {
		out = append(out, x.name)
	}
	return out
}

func requireEvents(t require.TestingT, want, got []report.Event) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, string(want[i].Payload), string(got[i].Payload))
		want[i].Payload, got[i].Payload = nil, nil
		require.Equal(t, want[i], got[i])
	}
}

// The payloads of a topic stand side by side, each once.
func TestPayloadsStandByTopic(t *testing.T) {
	r := &report.Run{History: &report.History{}}
	for _, said := range []string{"a1", "b1", "a2", "b2", "a1", "b3"} {
		r.History.Add(report.Event{Topic: said[:1], Payload: []byte(said)})
	}
	found, _ := blocks(page(t, report.Options{}, r))
	require.Equal(t, "\x06\x00\x02\x02\x02\x02\x02a1a2b1b2b3", string(unpack(t, found[3].text)))
}

// A run that nothing was kept of, and a page without runs, are pages too.
func TestEmptyPages(t *testing.T) {
	found, _ := blocks(page(t, report.Options{}))
	require.Equal(t, []string{"page", "end"}, names(found))
	require.Equal(t, "hubtape", facts(t, found[0].text)["title"])
	require.NotContains(t, facts(t, found[0].text), "created")
	found, _ = blocks(page(t, report.Options{}, &report.Run{Name: "x"}, &report.Run{Name: "y", History: &report.History{}}))
	require.Equal(t, []string{"page", "run", "run", "events", "payloads", "end"}, names(found))
	require.Empty(t, decode(t, found[3].text, found[4].text).list)
	require.JSONEq(t, `{"runs":2}`, found[5].text)
}

// hostile are texts that would like to be more than text.
var hostile = []string{
	"</script><script>alert(1)</script>", "<!--<script>", "]]>", "<img src=x onerror=alert(1)>", `"'&`, "\u2028\u2029", "\x00\x1b[31m", "\xff\xfe", "\u202egnp",
	"{{title}}{{script}}", "</title><script>alert(1)</script>", "a\xed\xa0\x80b", strings.Repeat("<", 1000),
}

func drawHostile(t *rapid.T, label string) string {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, label)
}

func drawHostiles(t *rapid.T, label string) []string {
	return []string{drawHostile(t, label), drawHostile(t, label)}
}

func drawRun(t *rapid.T) *report.Run {
	text := func(label string) string { return drawHostile(t, label) }
	r := &report.Run{
		Name: text("name"), File: text("file"), Description: text("description"), Tags: drawHostiles(t, "tag"), Status: report.Failed,
		Skip: text("skip"), Digest: text("digest"), Repeat: text("repeat"), Warnings: drawHostiles(t, "warning"), Log: drawHostiles(t, "log"),
		Start: time.Unix(1768060800, 0).In(time.FixedZone(text("zone"), 3600)), Facts: []report.Fact{{Name: text("fact"), Value: text("value")}},
		Failures: []report.Failure{{Kind: text("kind"), Message: text("message"), Details: drawHostiles(t, "detail"), Around: drawHostiles(t, "around"), Topic: text("topic")}},
		History:  &report.History{Spans: []report.Span{{Kind: report.SpanKind(text("span")), Label: text("label"), Text: text("text"), Topic: text("topic")}}},
	}
	at := time.Duration(0)
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		at += time.Duration(rapid.Int64Range(0, 1<<52).Draw(t, "later"))
		r.History.Add(report.Event{
			At: at, Kind: report.EventKind(rapid.IntRange(0, 8).Draw(t, "kind")), Client: text("client"), Source: text("source"), Topic: text("topic"),
			Payload: []byte(text("payload")), QoS: byte(rapid.IntRange(0, 2).Draw(t, "qos")), Retain: rapid.Bool().Draw(t, "retain"), Text: text("text"),
		})
	}
	return r
}

// Whatever a run holds, nothing of it is markup: a page differs from an empty one
// only in its title and its blocks, whose bytes mean nothing in HTML. And nothing
// that happened is lost.
func TestNothingIsMarkup(t *testing.T) {
	_, empty := blocks(page(t, report.Options{Title: "TITLE"}))
	before, after, _ := strings.Cut(empty, "TITLE")
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t)
		found, rest := blocks(page(t, report.Options{Title: drawHostile(t, "title"), Program: drawHostile(t, "program")}, r))
		title, begins := strings.CutPrefix(rest, before)
		title, ends := strings.CutSuffix(title, after)
		require.True(t, begins && ends, "something stands around the blocks")
		require.NotContains(t, title, "<")
		require.Equal(t, []string{"page", "run", "events", "payloads", "end"}, names(found))
		for _, x := range found {
			require.NotContains(t, x.text, "<")
			require.NotContains(t, x.text, "\u2028")
			if x.kind == "application/json" {
				facts(t, x.text)
			}
		}
		want, _, _ := r.History.Events()
		requireEvents(t, want, decode(t, found[2].text, found[3].text).list)
	})
}

// No file of the script is forgotten.
func TestAssetsAreInThePage(t *testing.T) {
	html := page(t, report.Options{})
	files, err := filepath.Glob("assets/*.[cj]s*")
	require.NoError(t, err)
	require.Greater(t, len(files), 20)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, html, string(b), file)
	}
}

// Bytes that are no UTF-8 stay readable in the facts.
func TestFactsKeepBytes(t *testing.T) {
	found, _ := blocks(page(t, report.Options{}, &report.Run{Name: "a\xffb\u2028�c", Status: report.Passed, Seed: 1<<64 - 1}))
	run := facts(t, found[1].text)
	require.Equal(t, "a\\xffb\u2028�c", run["name"])
	require.Equal(t, "18446744073709551615", run["seed"])
}

// The page's policy lets its own script and style run, and nothing else.
func TestPolicy(t *testing.T) {
	html := page(t, report.Options{})
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(html)
	require.NotNil(t, policy)
	hash := func(element string) string {
		m := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(html, -1)
		require.Len(t, m, 1, element)
		sum := sha256.Sum256([]byte(m[0][1]))
		return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	require.Equal(t, "default-src 'none'; script-src '"+hash("script")+"'; style-src '"+hash("style")+"'; base-uri 'none'; form-action 'none'", policy[1])
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http://", "https://", "XMLHttpRequest", "fetch(", "import("} {
		require.NotContains(t, html, never)
	}
}

// The same runs give the same page.
func TestDeterministic(t *testing.T) {
	require.Equal(t, page(t, report.Options{}, small()), page(t, report.Options{}, small()))
}

// A writer's error comes out, of Add and of Close.
func TestWriteErrors(t *testing.T) {
	whole := len(page(t, report.Options{}, small()))
	for room := 0; room < whole; room += 1 + whole/40 {
		p := report.NewHTML(&narrow{room: room}, report.Options{})
		_ = p.Add(small())
		require.ErrorIs(t, p.Close(), errFull, "%d bytes", room)
	}
}

var errFull = errors.New("no room")

type narrow struct{ room int }

func (w *narrow) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// Dates are those of the clock on the wall, also after it has changed.
func TestClocksChange(t *testing.T) {
	budapest, err := clock.LoadZone("Europe/Budapest")
	require.NoError(t, err)
	r := &report.Run{Start: time.Date(2026, 3, 29, 1, 30, 0, 0, budapest), Length: 30 * time.Minute}
	require.Contains(t, page(t, report.Options{}, r), `"offset":3600,"zone":"CET","changes":[{"at":1800000000000,"offset":7200,"zone":"CEST"}]`)
	r.Length--
	require.NotContains(t, page(t, report.Options{}, r), `"changes":`)
}
