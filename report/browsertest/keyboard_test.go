package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// focused is the name of what has the focus.
func focused(p *tab) string {
	p.t.Helper()
	return eval[string](p, `document.activeElement.ariaLabel ?? document.activeElement.textContent`)
}

// focus gives it to the first element of a selector.
func focus(p *tab, selector string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(selector)))
}

// Whoever presses a button with a key can press it again.
func TestFocusStays(t *testing.T) {
	p := open(t, "", several()...)
	focus(p, ".chip.passed")
	p.press(kb.Enter)
	p.wait(`document.querySelectorAll(".runs .name").length === 2`)
	require.Equal(t, "Passed2", focused(p))

	p.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#run=2&message=40"`))
	p.drawn()
	p.wait(`document.querySelector(".inspector h2") !== null`)
	focus(p, ".inspector [title^='Next of all']")
	for _, want := range []string{"message=41", "message=42"} {
		p.press(kb.Enter)
		p.wait(`location.hash.includes("` + want + `")`)
		require.Equal(t, "Next of all (Shift →)", focused(p))
	}
	focus(p, ".around .link")
	p.press(kb.Enter)
	p.wait(`location.hash.includes("message=38")`)
	focus(p, ".inspector [title^='Close']")
	p.press(kb.Enter)
	p.wait(`document.querySelector(".inspector").hidden`)
	require.Contains(t, focused(p), "Timeline", "the lanes have it when the message has gone")

	p.drawn() // the labels are made anew where there is more room
	focus(p, ".label .fold")
	name := focused(p)
	for _, want := range []string{"false", "true"} {
		p.press(kb.Enter)
		p.wait(`document.querySelector(".label .fold").ariaExpanded === "` + want + `"`)
		require.Equal(t, name, focused(p))
	}
	focus(p, "[aria-label^='Choose fields']")
	name = focused(p)
	p.press(kb.Enter)
	p.wait(`document.querySelector(".menu") !== null`)
	p.press(kb.Tab, " ")
	p.drawn()
	p.press(kb.Escape)
	p.wait(`document.querySelector(".menu") === null`)
	require.Equal(t, name, focused(p))
}

// Tab goes from label to label as they stand, also after scrolling back.
func TestLabelsAreInOrder(t *testing.T) {
	p := open(t, "", evening(2000, 20, report.Passed))
	p.drawn()
	for _, top := range []string{"600", "300", "0"} {
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".scroll").scrollTop = ` + top))
		p.wait(`document.querySelector(".scroll").scrollTop === ` + top)
		p.drawn()
	}
	p.wait(`[...document.querySelectorAll(".space .label")].some((l) => l.textContent.startsWith("▾"))`)
	require.True(t, eval[bool](p, `(() => {
		const tops = [...document.querySelectorAll(".space .label")].map((l) => l.getBoundingClientRect().top);
		return tops.every((top, i) => i === 0 || top > tops[i - 1]);
	})()`))
}

// Steps and expectations can be looked at, and heard, without a pointer.
func TestStepsByKey(t *testing.T) {
	p := open(t, "#run=0&message=40", evening(2000, 20, report.Failed))
	p.drawn()
	p.wait(`document.querySelector(".inspector h2") !== null`)
	list := []string{"step: route_until", "expectation: same_as_tape", "expectation: ordered", "step: advance", "step: never"}
	for _, want := range append(list, list[0]) {
		p.press("e")
		require.Equal(t, want, p.text(".inspector h2"))
	}
	require.Equal(t, "#run=0", p.hash()[:6])
	require.NotContains(t, p.hash(), "message")
	p.press("E")
	require.Equal(t, "step: never", p.text(".inspector h2"))
	require.Contains(t, eval[string](p, `document.getElementById("live").textContent`), "never zigbee2mqtt/+/set where payload.brightness > 100, failed, from 0:")
	p.press(kb.Escape)
	p.wait(`document.querySelector(".inspector").hidden`)
}
