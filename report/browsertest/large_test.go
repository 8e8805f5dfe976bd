package browsertest

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// Two hundred thousand messages make a page of a few megabytes that shows itself
// at once and whose lanes can be moved.
func TestLargeRun(t *testing.T) {
	began := time.Now()
	path := write(t, evening(200_000, 80, report.Passed))
	written := time.Since(began)
	st, err := os.Stat(path)
	require.NoError(t, err)
	p := openFile(t, path, "")
	p.wait(`document.querySelector(".timeline") !== null`)
	p.drawn()
	require.Contains(t, p.text(".strip .gutter"), "200,0")
	paint := eval[float64](p, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`)
	timeline := eval[float64](p, `performance.getEntriesByName("timeline")[0]?.startTime ?? -1`)
	all := eval[float64](p, `performance.getEntriesByName("payloads")[0]?.startTime ?? -1`)
	t.Logf("200,000 messages: %.1f MB, made and written in %v; first contentful paint %.0f ms, timeline %.0f ms, payloads %.0f ms",
		float64(st.Size())/1e6, written.Round(time.Millisecond), paint, timeline, all)
	p.shot("200000")

	frame, err := chromedp.Run(p.ctx, chromedp.Evaluate[float64](framesScript, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	t.Logf("a frame while zooming takes %.1f ms", frame)
	p.press("+", "+", "+", "+", "+", "+", "j")
	p.wait(`document.querySelector(".inspector h2") !== null`)
	p.drawn()
	p.shot("200000-zoomed")
	require.Regexp(t, `^#run=0&from=[\d.]+&to=[\d.]+&message=\d+$`, p.hash())
}

// framesScript zooms in and out again, and says how long a frame took.
const framesScript = `new Promise((done) => {
	const ruler = document.querySelector("canvas.ruler"), began = performance.now(), frames = 60;
	let n = 0;
	const next = () => {
		if (n++ === frames) return done((performance.now() - began) / frames);
		ruler.dispatchEvent(new WheelEvent("wheel", {deltaY: n > frames / 2 ? 60 : -60, clientX: 700, bubbles: true, cancelable: true}));
		requestAnimationFrame(next);
	};
	next();
})`
