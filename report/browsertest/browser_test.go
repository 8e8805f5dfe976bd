package browsertest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/hubtape/hubtape/report"
	"github.com/stretchr/testify/require"
)

// browser is where all tests open their tabs.
var browser context.Context

func TestMain(m *testing.M) {
	name := os.Getenv("HUBTAPE_BROWSER")
	path, err := exec.LookPath(cmp.Or(name, "chromium-headless-shell"))
	switch {
	case err == nil:
		os.Exit(run(m, path))
	case name == "":
		fmt.Println("skipped: there is no chromium-headless-shell; scripts/install-browser.sh installs it, or HUBTAPE_BROWSER names another Chromium")
	default:
		fmt.Fprintf(os.Stderr, "HUBTAPE_BROWSER: %v\n", err)
		os.Exit(1)
	}
}

func run(m *testing.M, path string) int {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which refuses root
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s does not start: %v\n", path, err)
		return 1
	}
	browser = ctx
	return m.Run()
}

// tab is a page in the browser. What it logs, throws or asks the network for fails
// the test.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	troubles []string
}

// open writes runs as a page and opens it, at a place such as #run=1.
func open(t *testing.T, hash string, runs ...*report.Run) *tab {
	t.Helper()
	return openFile(t, write(t, runs...), hash)
}

func write(t *testing.T, runs ...*report.Run) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	require.NoError(t, err)
	page := report.NewHTML(f, report.Options{Title: "House at night", Program: "simrun test"})
	for _, r := range runs {
		require.NoError(t, page.Add(r))
	}
	require.NoError(t, page.Close())
	require.NoError(t, f.Close())
	return path
}

func openFile(t *testing.T, path, hash string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	p := &tab{t: t, ctx: ctx, url: "file://" + path}
	require.NoError(t, chromedp.Listen(ctx, p.heard))
	command(p, network.Enable, network.EnableParams{})
	command(p, log.Enable, cdp.Empty{})
	command(p, cdpruntime.Enable, cdp.Empty{})
	p.size(1440, 900)
	p.do(chromedp.Navigate(p.url + hash))
	p.wait(`document.querySelector(".run, .overview") !== null`)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Empty(t, p.troubles, "what the page did that it should not")
	})
	return p
}

func (p *tab) heard(event any) {
	trouble := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != p.url {
			trouble = "asked for " + e.Request.URL
		}
	case *cdpruntime.EventConsoleAPICalled:
		trouble = fmt.Sprintf("console: %s %s %s", e.Type, e.Args[0].Value, e.Args[0].Description)
	case *cdpruntime.EventExceptionThrown:
		trouble = "threw " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		trouble = "log: " + e.Entry.Text
	}
	if trouble != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.troubles = append(p.troubles, trouble)
	}
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

func command[P, R any](p *tab, c cdp.Command[P, R], params P) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, c, params)
	require.NoError(p.t, err)
}

func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.screen(width, height, 1)
}

// screen has so many of its own pixels for each of the style sheet.
func (p *tab) screen(width, height int64, ratio float64) {
	p.t.Helper()
	command(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: ratio, Mobile: width < 600,
	})
}

// eval returns what a script says.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	require.NoError(p.t, err, script)
	return v
}

// wait waits until a script says true.
func (p *tab) wait(script string) {
	p.t.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(20*time.Second)))
	require.NoError(p.t, err, script)
}

// drawn waits until a timeline is drawn to its end.
func (p *tab) drawn() {
	p.t.Helper()
	p.wait(`document.querySelector(".timeline")?.dataset.drawn === "yes"`)
}

// press presses keys, one after the other.
func (p *tab) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// click clicks on the first element of a selector.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// text is what stands in the first element of a selector, "" without one.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

func (p *tab) hash() string {
	p.t.Helper()
	return eval[string](p, `location.hash`)
}

// shot keeps a picture, when somebody wants pictures.
func (p *tab) shot(name string) {
	p.t.Helper()
	folder := os.Getenv("HUBTAPE_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.MkdirAll(folder, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, strings.TrimSuffix(name, ".png")+".png"), png, 0o644))
}
