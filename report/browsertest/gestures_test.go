package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// place is where a fraction of an element is on the screen.
func place(p *tab, selector string, x, y float64) (float64, float64) {
	p.t.Helper()
	at := eval[[]float64](p, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + %v * r.width, r.y + %v * r.height]; })()`, selector, x, y))
	return at[0], at[1]
}

func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64, o ...chromedp.MouseOption) {
	p.t.Helper()
	p.do(chromedp.MouseEvent(kind, x, y, o...))
}

// drag moves the pressed mouse from one fraction of an element to another.
func (p *tab) drag(selector string, from, to float64, o ...chromedp.MouseOption) {
	p.t.Helper()
	x, y := place(p, selector, from, 0.5)
	end, _ := place(p, selector, to, 0.5)
	o = append(o, chromedp.ButtonLeft)
	p.mouse(chromedp.MousePressed, x, y, o...)
	for i := 1.0; i <= 4; i++ {
		p.mouse(chromedp.MouseMoved, x+(end-x)*i/4, y, o...)
	}
	p.mouse(chromedp.MouseReleased, end, y, o...)
}

// settled waits until the address has said the same for a while, and returns what
// is shown, in seconds.
func settled(p *tab) (from, to float64) {
	p.t.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Evaluate[chromedp.Void](`new Promise((done) => {
		let hash = location.hash, since = performance.now();
		const look = () => {
			if (location.hash !== hash) [hash, since] = [location.hash, performance.now()];
			if (performance.now() - since > 600) done();
			else setTimeout(look, 20);
		};
		look();
	})`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	shown := part(p)
	require.Len(p.t, shown, 2, p.hash())
	return shown[0], shown[1]
}

// ten is a run of a hundred seconds with a message on each of ten topics.
func ten() *report.Run {
	r := &report.Run{Name: "ten", Length: 100 * time.Second, History: &report.History{}}
	for i := range 10 {
		r.History.Add(report.Event{At: time.Duration(i+1) * 10 * time.Second, Topic: fmt.Sprintf("site/%d/level", i), Payload: fmt.Appendf(nil, `{"level":%d,"mode":"auto","linkquality":%d}`, i, i)})
	}
	return r
}

func TestPointerMovesAndZooms(t *testing.T) {
	p := open(t, "#run=0&from=40&to=60", ten())
	p.drawn()
	p.drag("canvas.lanes", 0.5, 0.25)
	from, to := settled(p)
	require.InDelta(t, 45, from, 0.2, "a quarter of twenty seconds")
	require.InDelta(t, 65, to, 0.2)

	p.drag("canvas.ruler", 0.25, 0.75)
	from, to = settled(p)
	require.InDelta(t, 50, from, 0.3, "a stretch of the axis")
	require.InDelta(t, 60, to, 0.3)

	p.drag("canvas.lanes", 0.5, 1, chromedp.ButtonModifiers(chromedp.ModifierShift))
	from, to = settled(p)
	require.InDelta(t, 55, from, 0.3)
	require.InDelta(t, 60, to, 0.3)

	p.drag("canvas.map", 0.1, 0.2)
	from, to = settled(p)
	require.InDelta(t, 9.2, from, 1, "a new part of the map")
	require.InDelta(t, 19.4, to, 1)

	x, y := place(p, "canvas.lanes", 0.5, 0.5)
	_, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseWheel", X: x, Y: y, DeltaY: -200, DeltaX: 0.01, Modifiers: 2})
	require.NoError(t, err)
	p.wait(`!location.hash.includes("from=` + fmt.Sprint(from) + `&")`)
	closer, end := settled(p)
	require.Less(t, end-closer, to-from)
	require.InDelta(t, (from+to)/2, (closer+end)/2, 0.5, "what is below the pointer stays there")
	p.click("[title^='Show all']")
	p.wait(`location.hash === "#run=0"`)
}

func TestPointerFindsMessages(t *testing.T) {
	p := open(t, "#run=0&from=0&to=100", ten())
	p.drawn()
	// The third topic is in the third row, its message thirty seconds after the start.
	at := eval[[]float64](p, `(() => {
		const lanes = document.querySelector("canvas.lanes").getBoundingClientRect();
		const label = [...document.querySelectorAll(".label")].find((l) => l.textContent.startsWith("site/2/level")).getBoundingClientRect();
		return [lanes.x + lanes.width * 0.3, label.y + 12];
	})()`)
	x, y := at[0], at[1]
	p.mouse(chromedp.MouseMoved, x+3, y)
	p.wait(`!document.querySelector(".tip").hidden`)
	require.Contains(t, p.text(".tip"), `{"level":2,"mode":"auto"`)
	require.Contains(t, p.text(".when"), "0:00:30")
	p.do(chromedp.MouseClickXY(x+3, y))
	p.wait(`location.hash.includes("message=2")`)
	p.wait(`document.querySelector(".inspector h2")?.innerText === "site/2/level"`)
	p.do(chromedp.MouseClickXY(x+200, y))
	p.wait(`document.querySelector(".inspector").hidden`)
	p.do(chromedp.NavigateBack())
	p.wait(`document.querySelector(".inspector h2")?.innerText === "site/2/level"`)
}

func TestLanesAreChosen(t *testing.T) {
	p := open(t, "", ten())
	p.size(1440, 1400) // room for all of them
	p.drawn()
	fields := func() []string {
		return eval[[]string](p, `[...[...document.querySelectorAll(".label")].find((l) => l.textContent.includes("site/1/level")).querySelectorAll(".path")].map((e) => e.innerText)`)
	}
	require.Equal(t, []string{"level"}, fields())
	p.click("[aria-label='Choose fields of site/1/level']")
	p.wait(`document.querySelector(".menu") !== null`)
	p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".menu label")].find((l) => l.innerText === "mode").click()`))
	p.wait(`[...document.querySelectorAll(".label .path")].some((e) => e.innerText === "mode")`)
	require.Equal(t, []string{"level", "mode"}, fields())
	p.drawn()
	p.shot("fields")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[aria-label='Hide site/1/level']").click()`))
	p.wait(`document.querySelectorAll(".label.topic").length === 9`)
	require.Contains(t, p.text(".timeline .tools"), "1 of 10 topics left out")
	p.click(".tools .link")
	p.wait(`document.querySelectorAll(".label.topic").length === 10`)
	p.press("g")
	p.wait(`document.querySelectorAll(".label.group").length === 10`)
	p.click(".label.group .fold")
	p.wait(`document.querySelectorAll(".label.topic").length === 9`)
}
