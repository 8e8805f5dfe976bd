package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/chromedp"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// On a screen with small pixels, or at 200 %, canvases are as large as elsewhere.
func TestSharpScreens(t *testing.T) {
	p := open(t, "", evening(600, 10, report.Passed))
	for width, ratio := range map[int64]float64{720: 1, 740: 2, 760: 1.5} {
		p.screen(width, 800, ratio)
		lanes := int(width) - 200
		p.wait(fmt.Sprintf(`document.querySelector("canvas.lanes").width === %v`, float64(lanes)*ratio))
		require.Equal(t, []int{lanes, 46, lanes, 26, lanes}, eval[[]int](p, `["map", "ruler", "lanes"].flatMap((name) => { const c = document.querySelector("canvas." + name); return name === "lanes" ? [c.offsetWidth] : [c.offsetWidth, c.offsetHeight]; })`))
	}
}

// However many numbers a topic has, a frame draws about as many as there are pixels.
func TestManyNumbers(t *testing.T) {
	r := &report.Run{Name: "meter", Length: 2000 * time.Second, History: &report.History{}}
	for i := range 20_000 {
		r.History.Add(report.Event{At: time.Duration(i) * 100 * time.Millisecond, Topic: "meter", Payload: fmt.Append(nil, i*7919%3000)})
	}
	p := open(t, "", r)
	p.drawn()
	p.wait(`document.querySelector(".value").innerText === "0 … 2999"`)
	lines, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](`new Promise((done) => {
		const { prototype } = CanvasRenderingContext2D, { lineTo } = prototype;
		let n = 0;
		prototype.lineTo = function (...at) { n++; return lineTo.apply(this, at); };
		document.querySelector(".scroll").dispatchEvent(new PointerEvent("pointerleave"));
		requestAnimationFrame(() => requestAnimationFrame(() => done(n)));
	})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	require.Greater(t, lines, 1000)
	require.Less(t, lines, 6000)
}

// A run that was left is forgotten, with all its messages.
func TestRunsAreForgotten(t *testing.T) {
	p := open(t, "#run=0", several()...)
	p.drawn()
	p.do(chromedp.Evaluate[chromedp.Void](`window.old = new WeakRef(document.querySelector(".timeline"))`))
	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#run=1"`))
	p.drawn()
	p.press("u")
	p.wait(`document.querySelector(".overview") !== null`)
	command(p, heapprofiler.Enable, cdp.Empty{})
	command(p, heapprofiler.CollectGarbage, cdp.Empty{})
	require.True(t, eval[bool](p, `window.old.deref() === undefined`))
}

// Every text can be read, in both themes: WCAG asks for 4.5 to 1.
func TestContrast(t *testing.T) {
	p := open(t, "", evening(600, 10, report.Passed))
	p.drawn()
	for _, name := range []string{"light", "dark"} {
		weak := eval[[]string](p, fmt.Sprintf(contrastScript, name))
		require.Empty(t, weak, name)
	}
}

// contrastScript lists the pairs of colours that are too much alike.
const contrastScript = `(() => {
	document.documentElement.dataset.theme = %q;
	const k = { ...theme.palette(), raised: getComputedStyle(document.documentElement).getPropertyValue("--raised").trim() };
	const parts = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255);
	const mixed = (colour, share) => parts(k[colour]).map((v, i) => v * share + parts(k.bg)[i] * (1 - share));
	const light = (rgb) => rgb.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
	const weak = [];
	const check = (words, ground, share = 1) => {
		const n = contrast(parts(k[words]), mixed(ground, share));
		if (!(n >= 4.5)) weak.push(words + " on " + ground + " " + share + ": " + n.toFixed(2));
	};
	for (const words of ["text", "muted", "accent", "good", "bad", "warn", "scenario", "device", "app"]) for (const ground of ["bg", "panel", "raised"]) check(words, ground);
	for (const words of ["text", "muted", "scenario", "device", "app", "accent"]) check(words, "mark");
	for (const ground of ["on", "up", "off", "down", "cat0", "cat1", "cat2", "cat3", "cat4", "cat5"]) check("text", ground);
	for (const ground of ["accent", "bad"]) check("bg", ground);
	check("good", "good", 0.14);
	check("text", "bad", 0.28);
	check("muted", "bad", 0.08);
	check("muted", "off");
	return weak;
})()`
