package browsertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// said is a run in which these payloads are said on a topic, a second apart.
func said(topic string, payloads ...string) *report.Run {
	r := &report.Run{Name: "said", Length: time.Minute, History: &report.History{}}
	for i, payload := range payloads {
		r.History.Add(report.Event{At: time.Duration(i) * time.Second, Topic: topic, Payload: []byte(payload)})
	}
	return r
}

// inspected opens a message and returns what is said of it.
func inspected(t *testing.T, r *report.Run, message int) (*tab, string) {
	t.Helper()
	p := open(t, fmt.Sprintf("#run=0&message=%d", message), r)
	p.wait(`document.querySelector(".inspector h2") !== null`)
	return p, p.text(".inspector")
}

func TestInspectorShowsWhatChanged(t *testing.T) {
	r := said("z/lamp", `{"state":"OFF","level":12345678901234567890,"old":1,"deep":{"a":[1,2]}}`, `{"state":"ON","level":12345678901234567891,"deep":{"a":[1,3]},"new":null}`, `{"state":"ON","level":12345678901234567891,"deep":{"a":[1,3]},"new":null}`)
	p, _ := inspected(t, r, 1)
	rows := eval[[]string](p, `[...document.querySelectorAll(".changes tr")].map((tr) => tr.className + " " + tr.innerText.replace(/\s+/g, " "))`)
	require.Equal(t, []string{
		`changed state "OFF" → "ON"`, "changed level 12345678901234567890 → 12345678901234567891",
		"changed deep.a[1] 2 → 3", "added new — → null", "removed old 1 → —",
	}, rows)
	require.Contains(t, p.text(".payload"), `"level": 12345678901234567891`, "digits are kept")
	require.Contains(t, p.text(".inspector"), "2 of 3 here")
	p.shot("message")
	p.press(kb.ArrowRight)
	p.wait(`document.querySelector(".inspector").innerText.includes("Nothing: the same as 1 s before")`)
	p.click(".inspector button[title^='Previous on this topic']")
	p.click(".inspector button[title^='Previous on this topic']")
	p.wait(`document.querySelector(".inspector").innerText.includes("The first message on this topic")`)
	require.Equal(t, "#run=0&message=0", p.hash())
}

// Payloads that are very deep, or very long, are shown like others.
func TestInspectorShowsHostileJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	long := func(s string) string { return `{"picture":"` + strings.Repeat(s, 5<<20) + `"}` }
	r := said("z/x", deep(50_000), deep(50_001), long(`a`), long(`\n`), `{"end":1}`)
	p, _ := inspected(t, r, 0)
	for i, want := range []string{"The first message", "The message 1 s before was [[[[", "The message 1 s before was [[[[", "picture", "end"} {
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "#run=0&message=%d"`, i)))
		p.wait(fmt.Sprintf(`document.querySelector(".inspector").innerText.includes("%d of 5 here")`, i+1))
		require.Contains(t, p.text(".change"), want)
		require.Less(t, len(p.text(".payload")), 30_000, "the rest is for who asks for it")
	}
	require.Contains(t, p.text(".changes"), "…", "what is cut says so")
	require.Equal(t, []string{`"a\""`, `"\\"`}, eval[[]string](p, `json.tokens(`+quoted(`["a\"","\\"]`)+`).filter((t) => t.kind === "string").map((t) => t.text)`))
}

// Payloads that come again are those that they were.
func TestPayloadsThatComeAgain(t *testing.T) {
	r := said("z/x", "first", "second", "first", "third", "second")
	for i, want := range []string{"first", "second", "first", "third", "second"} {
		p, _ := inspected(t, r, i)
		require.Equal(t, want, p.text(".payload"))
	}
}

func TestInspectorShowsAllKindsOfPayloads(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1<<16)
	for payload, want := range map[string]string{
		"":                            "Empty.",
		"ON":                          "Payload, text",
		"a\x00b":                      "000000  61 00 62",
		"\x00\xff\x10A":               "000000  00 ff 10 41",
		"a\u2028b\u202ec\x1b":         `a\u2028b\u202ec\u001b`,
		"{\"a\":\"<img src=x>\"}":     `"a": "<img src=x>"`,
		"</script><script>x</script>": "</script><script>x</script>",
		`{"a":1,"a":2}`:               `"a": 1,`,
		"[]":                          "[]",
		big:                           "Show all of it",
		"23.50":                       "23.50",
	} {
		_, shown := inspected(t, said("z/x", payload), 0)
		require.Contains(t, shown, want)
	}
	p, _ := inspected(t, said("z/x", big), 0)
	require.Len(t, p.text(".payload"), 20_000)
	p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".inspector button")].find((b) => b.innerText === "Show all of it").click()`))
	require.Len(t, p.text(".payload"), 1<<20)
}

// Nothing that comes from outside does anything.
func TestHostileTexts(t *testing.T) {
	bad := `<img src=x onerror="window.pwned=1"></script><script>window.pwned=1</script>`
	r := &report.Run{
		Name: bad, File: bad, Description: bad, Tags: []string{bad}, Status: report.Failed, Repeat: bad, Digest: bad, Length: time.Minute,
		Start: time.Date(2026, 1, 10, 17, 0, 0, 0, time.FixedZone(bad, 3600)), Facts: []report.Fact{{Name: bad, Value: bad}},
		Failures: []report.Failure{{Kind: bad, Message: bad, Details: []string{bad}, Around: []string{bad}, Topic: bad}},
		Warnings: []string{bad}, Log: []string{bad},
		History: &report.History{Spans: []report.Span{{Kind: report.StepSpan, To: time.Minute, Label: bad, Text: bad, Topic: bad}}},
	}
	for i := range 9 {
		for _, topic := range []string{bad, "zigbee2mqtt/" + bad, "\xff\xfe/" + bad, "__proto__", "constructor"} {
			r.History.Add(report.Event{At: time.Duration(i) * time.Second, Kind: report.EventKind(i), Client: bad, Source: bad, Topic: topic, Payload: []byte(`{"` + "__proto__" + `":"<b>","constructor":` + fmt.Sprint(i) + `,"toString":1}`), Text: bad})
		}
	}
	p := open(t, "", r, r)
	require.Contains(t, p.text(".runs"), bad)
	for _, hash := range []string{"#run=0&failure=0", "#run=0&message=0", "#run=0&message=12", "#run=0&message=40", "#run=1&message=2", "#run=0&failure=__proto__&message=1e999&from=NaN&to=x"} {
		p.do(chromedp.Evaluate[chromedp.Void](`location.hash = ` + fmt.Sprintf("%q", hash)))
		p.drawn()
	}
	require.Contains(t, p.text(".head"), bad)
	require.True(t, eval[bool](p, `window.pwned === undefined && document.querySelector("main img, main script, main b") === null`))
}

// Events that were not kept are a gap that says how many they are.
func TestWhatIsLeftOutIsSaid(t *testing.T) {
	w := newHouse(10, 200)
	for w.h.Count() < 1000 {
		w.next()
	}
	p := open(t, "", &report.Run{Name: "long", Length: w.now, History: w.h})
	p.drawn()
	require.Regexp(t, `^200 messages\n8\d\d events not kept$`, p.text(".strip .gutter"))
	p.shot("left-out")
}

// Five hundred topics are elements only where they are seen.
func TestManyTopics(t *testing.T) {
	r := &report.Run{Name: "many", Length: time.Minute, History: &report.History{}}
	for i := range 2000 {
		r.History.Add(report.Event{At: time.Duration(i) * 30 * time.Millisecond, Topic: fmt.Sprintf("site/%d/a topic with a very long name that does not fit beside its lane/%d", i%5, i%500), Payload: fmt.Appendf(nil, "%d", i%7)})
	}
	p := open(t, "", r)
	p.drawn()
	require.Less(t, eval[int](p, `document.querySelectorAll(".label").length`), 40)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".scroll").scrollTop = 1e6`))
	p.wait(`[...document.querySelectorAll(".label.topic .name")].some((e) => e.innerText.endsWith("/499"))`)
	p.drawn()
	p.shot("many-topics")
	startSearch(p)
	p.press("/499")
	p.wait(`document.querySelectorAll(".label.topic").length === 1`)
}

// A page that was not written to its end says so, and shows what it has.
func TestCutOffPage(t *testing.T) {
	page, err := os.ReadFile(write(t, several()...))
	require.NoError(t, err)
	end := bytes.LastIndex(page, []byte("<script"))
	secondRun := bytes.LastIndex(page[:end], []byte(`data-block="events"`))
	facts := bytes.Index(page, []byte(`data-block="page"`))
	for name, x := range map[string]struct{ length, runs int }{
		"before its end":            {end, 5},
		"within the facts of a run": {bytes.LastIndex(page, []byte("waits for the new valve")), 4},
		"within the events":         {secondRun + 100, 3},
		"within its own facts":      {facts + 30, 0},
		"before its own facts":      {facts - 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cut.html")
			require.NoError(t, os.WriteFile(path, page[:x.length], 0o644))
			p := openFile(t, path, "#run=99")
			require.Contains(t, p.text(".alarm"), "ends too early")
			require.Len(t, listed(p), x.runs)
		})
	}
}
