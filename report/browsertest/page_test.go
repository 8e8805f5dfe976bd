package browsertest

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// several is a page with runs of all kinds; the third one failed.
func several() []*report.Run {
	runs := []*report.Run{evening(400, 10, report.Passed), evening(600, 10, report.Passed), evening(2000, 20, report.Failed)}
	runs[1].Name, runs[1].File, runs[1].Tags = "door opens", "testdata/door.yaml", []string{"doors"}
	runs[2].Name, runs[2].File = "nothing burns at night", "testdata/night.yaml"
	return append(
		runs,
		&report.Run{Name: "cannot start", File: "testdata/exec.yaml", Status: report.Error, Failures: []report.Failure{{Kind: "exec", Message: "hall.py ended with exit status 1 before it was ready"}}},
		&report.Run{Name: "later", File: "testdata/later.yaml", Status: report.Skipped, Skip: "waits for the new valve"},
	)
}

// listed is the names in the overview, in order.
func listed(p *tab) []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll(".runs .name")].map((a) => a.innerText)`)
}

// startSearch goes to the search, which is empty then: a key that the page has
// taken for itself types no letter, but the protocol's does.
func startSearch(p *tab) {
	p.t.Helper()
	p.press("/")
	require.Equal(p.t, "search", eval[string](p, `document.activeElement.type`))
	p.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.value = ""`))
}

func search(p *tab, words string) {
	p.t.Helper()
	startSearch(p)
	p.press(words, kb.Enter)
}

func TestOverview(t *testing.T) {
	p := open(t, "", several()...)
	require.Equal(t, []string{"nothing burns at night", "cannot start", "an evening at home", "door opens", "later"}, listed(p), "failures first")
	row := p.text(".runs tbody tr")
	for _, part := range []string{"failed", "kitchen_lamp/set said", "and 1 more", "lights", "Lights follow motion", "testdata/night.yaml", "120 ms", "×9,070", "1,500", "8f14e45fceea"} {
		require.Contains(t, row, part)
	}
	require.NotContains(t, row, "8f14e45fceea1", "only the beginning of the digest")
	p.shot("overview")

	for words, want := range map[string][]string{
		"door": {"door opens"}, "NIGHT.yaml": {"nothing burns at night"}, "doors": {"door opens"}, "exit status": {"cannot start"},
		"never kitchen": {"nothing burns at night"}, "valve": {"later"},
	} {
		search(p, words)
		require.Equal(t, want, listed(p), words)
	}
	search(p, "nowhere")
	require.Empty(t, listed(p))
	require.Contains(t, p.text(".overview"), "No run matches.")
	p.press("/", kb.Escape)
	require.Len(t, listed(p), 5)
	p.click(".chip.passed")
	require.Equal(t, []string{"an evening at home", "door opens"}, listed(p))
	p.click(".chip")
	p.click("th:nth-child(3) .sort")
	p.click("th:nth-child(3) .sort")
	require.Equal(t, "nothing burns at night", listed(p)[0], "the longest first")
	require.Equal(t, "descending", eval[string](p, `document.querySelector("th:nth-child(3)").ariaSort`))
}

func TestFromOverviewToRunAndBack(t *testing.T) {
	p := open(t, "", several()...)
	p.click(".runs tbody tr .name")
	p.drawn()
	require.Equal(t, "#run=2", p.hash())
	require.Contains(t, p.text("h1"), "nothing burns at night")
	require.Contains(t, eval[string](p, `document.title`), "nothing burns at night")
	for _, part := range []string{"testdata/night.yaml", "Sat 10 Jan 2026 17:00:00 CET", "18 min 8 s", "×9,070", "1,500 / 500", "simrun testdata/evening.yaml --seed 7", "1 warning", "2 log lines"} {
		require.Contains(t, p.text(".head"), part)
	}
	p.press("u")
	p.wait(`document.querySelector(".overview") !== null`)
	p.do(chromedp.NavigateBack())
	p.wait(`document.querySelector(".timeline") !== null`)
	require.Equal(t, "#run=2", p.hash())
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#run=4"`))
	p.wait(`document.querySelector("h1").innerText.includes("later")`)
	require.Contains(t, p.text(".run"), "Skipped: waits for the new valve")
	require.Contains(t, p.text(".work"), "Nothing was kept")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#run=99"`))
	p.wait(`document.querySelector(".overview") !== null`)
}

// part is from when to when the timeline shows, in seconds.
func part(p *tab) []float64 {
	p.t.Helper()
	return eval[[]float64](p, `(() => { const m = /from=([-\d.]+)&to=([\d.]+)/.exec(location.hash); return m ? [Number(m[1]), Number(m[2])] : []; })()`)
}

func TestFailureByItsAddress(t *testing.T) {
	run := evening(2000, 20, report.Failed)
	p := open(t, "#run=0&failure=0", run)
	p.drawn()
	require.Contains(t, p.text("#failure-0"), "which it never should")
	require.Contains(t, p.text("#failure-0"), "where payload.brightness > 100")
	require.Contains(t, p.text("#failure-1"), "at 0:16:19.118 · 17:16:19.118 · testdata/evening.yaml:20")
	p.wait(`location.hash.includes("from=")`)
	shown := part(p)
	at := run.Failures[0].At.Seconds()
	require.Less(t, shown[0], at)
	require.Greater(t, shown[1], at)
	require.Equal(t, []string{"set"}, eval[[]string](p, `[...document.querySelectorAll(".label.hit .name")].map((e) => e.innerText)`))
	p.shot("failure")

	p.press("n")
	p.wait(`location.hash.includes("failure=1")`)
	p.wait(`location.hash.includes("from=")`)
	require.Less(t, part(p)[0], run.Failures[1].At.Seconds())
	p.do(chromedp.NavigateBack())
	p.wait(`location.hash.includes("failure=0")`)
	p.press("N")
	p.wait(`location.hash.includes("failure=1")`)
	p.click("#failure-0 a")
	p.wait(`location.hash.includes("failure=0&from=")`)
	p.press("0")
	p.wait(`location.hash.includes("from=-")`)
	from, to := settled(p)
	require.Less(t, from, 0.0, "all of it")
	require.Greater(t, to, run.Length.Seconds())
	require.Contains(t, p.hash(), "failure=0")
	p.click("#failure-0 a")
	p.wait(`!location.hash.includes("from=-")`)
	require.Equal(t, []string{"set"}, eval[[]string](p, `[...document.querySelectorAll(".label.hit .name")].map((e) => e.innerText)`))
}

func TestPlaceByItsAddress(t *testing.T) {
	p := open(t, "#run=0&from=10&to=20", evening(2000, 20, report.Passed))
	p.drawn()
	p.press("+")
	p.wait(`!location.hash.includes("from=10&to=20")`)
	shown := part(p)
	require.InDelta(t, 15, (shown[0]+shown[1])/2, 0.01)
	require.InDelta(t, 10/1.4, shown[1]-shown[0], 0.01)
	p.press(kb.ArrowRight)
	p.wait(`!location.hash.includes("from=` + eval[string](p, `/from=([\d.]+)/.exec(location.hash)[1]`) + `&")`)
	require.InDelta(t, shown[1]-shown[0], part(p)[1]-part(p)[0], 0.001)
	require.Greater(t, part(p)[0], shown[0])
	p.press("0")
	p.wait(`location.hash === "#run=0"`)

	p = open(t, "#run=0&at=12.5", evening(2000, 20, report.Passed))
	p.wait(`location.hash.includes("from=")`)
	require.InDelta(t, 12.5, (part(p)[0]+part(p)[1])/2, 60)
}

func TestKeys(t *testing.T) {
	p := open(t, "", evening(600, 10, report.Passed))
	p.drawn()
	p.press("?")
	require.True(t, eval[bool](p, `document.querySelector("dialog").open`))
	require.Contains(t, p.text("dialog"), "next failure")
	p.press(kb.Escape)
	p.wait(`!document.querySelector("dialog").open`)

	require.Equal(t, "true", eval[string](p, `document.querySelector("[title*='(g)']").ariaPressed`))
	p.press("g")
	require.Equal(t, "false", eval[string](p, `document.querySelector("[title*='(g)']").ariaPressed`))
	p.press("t")
	p.wait(`document.querySelector(".when").innerText === "Sat 10 Jan 2026 CET"`)

	startSearch(p)
	p.press("zigbee2mqtt/+/set")
	p.wait(`[...document.querySelectorAll(".label.topic .name")].every((e) => e.innerText.endsWith("/set"))`)
	require.Contains(t, p.text(".timeline .tools"), "20 of 22 topics left out")
	p.press(kb.Enter)
	p.press("j")
	p.wait(`document.querySelector(".inspector h2")?.innerText.length > 0`)
	first := p.hash()
	p.press(kb.ArrowRight)
	p.wait(`location.hash !== "` + first + `"`)
	p.press(kb.ArrowLeft)
	p.wait(`location.hash === "` + first + `"`)
	require.Contains(t, p.text("#live"), "zigbee2mqtt/")
	p.press(kb.Escape)
	p.wait(`document.querySelector(".inspector").hidden`)
}

func TestDark(t *testing.T) {
	path := write(t, several()...)
	p := openFile(t, path, "#run=2&failure=0")
	theme := func() string { return eval[string](p, `document.documentElement.dataset.theme`) }
	require.Equal(t, "light", theme())
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	p.wait(`document.documentElement.dataset.theme === "dark"`)
	p.drawn()
	p.shot("dark")
	p.click("#theme")
	require.Equal(t, "light", theme())
	p.do(chromedp.Reload())
	p.drawn()
	require.Equal(t, "light", theme(), "what was chosen stays")
	p.do(chromedp.Evaluate[chromedp.Void](`localStorage.clear()`))
}

// On a telephone nothing is wider than the screen.
func TestNarrow(t *testing.T) {
	long := evening(600, 10, report.Failed)
	long.Name = "a_name_that_has_no_place_to_break_and_goes_on_and_on_until_nobody_can_read_it_any_more"
	p := open(t, "", append(several(), long)...)
	p.size(400, 800)
	narrow := func() {
		t.Helper()
		require.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 400)
	}
	narrow()
	p.shot("narrow-overview")
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#run=5&failure=0&message=100"`))
	p.drawn()
	p.wait(`document.querySelector(".inspector h2") !== null`)
	narrow()
	require.Greater(t, eval[int](p, `document.querySelector("canvas.lanes").offsetWidth`), 250, "most of it is for the lanes")
	lines := eval[[]float64](p, `(() => { const pre = document.querySelector("pre.aligned"); return [pre.scrollWidth, pre.clientWidth]; })()`)
	require.Greater(t, lines[0], lines[1], "what stands one below the other is not broken up")
	p.shot("narrow-failure")
}
