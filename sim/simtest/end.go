package simtest

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/sim"
)

// end ends the world with its test: the last instant settles, what fails then
// fails the test too, and the whole run is judged.
func (w *World) end() {
	w.t.Helper()
	end := w.Now()
	defer w.close() // also when a callback of an app ends the test while it settles
	defer func() {
		w.t.Helper()
		w.conclude(end)
	}()
	w.settle()
	if cut := w.t.Failed(); !w.t.Skipped() {
		w.verdict(w.judge(end, cut))
		w.judgeGolden(end, cut)
	}
}

// conclude tells what is to be known of the run, whatever came of it.
func (w *World) conclude(end time.Duration) {
	w.t.Helper()
	warnings := w.warnings()
	for _, warning := range warnings {
		w.t.Log("warning: " + warning)
	}
	stats := w.Stats()
	w.t.Logf("%s of virtual time, messages: %d in, %d out, seed %d, digest %.12s",
		clock.FormatDuration(end), stats.In, stats.Out, w.options.Seed, w.Digest())
	if w.page != nil {
		w.writePage(end, warnings)
	}
}

// settle finishes the run. It is a step of its own, as far as a callback can end
// the test in it.
func (w *World) settle() {
	w.t.Helper()
	returned := false
	defer func() {
		if !returned {
			w.t.Helper()
			w.exited(step{"settling", "the last instant", ""}, w.Now())
		}
	}()
	_, err := w.Finish()
	returned = true
	if err != nil && !w.over() {
		w.keep(err)
		w.t.Error(w.tell(err))
	}
}

// over reports whether the test has said already how it came out: one reason is
// enough.
func (w *World) over() bool { return w.t.Failed() || w.t.Skipped() }

// verdict fails the test with what the whole run has failed.
func (w *World) verdict(failures []*sim.Failure) {
	w.t.Helper()
	if len(failures) == 0 {
		return
	}
	w.failed = append(w.failed, failures...)
	texts := make([]string, len(failures))
	for i, f := range failures {
		texts[i] = f.Kind + ": " + f.Error()
	}
	w.t.Error(strings.Join(texts, "\n") + w.context())
}

func (w *World) judgeGolden(end time.Duration, cut bool) {
	w.t.Helper()
	if cut {
		return
	}
	for _, g := range w.golden {
		failures, wrote, err := g.judge(w.t.Failed())
		if err != nil {
			w.keep(err)
			w.t.Error(err)
		}
		if wrote != "" {
			w.t.Log("wrote " + wrote)
		}
		if len(failures) > 0 {
			w.explain(failures[0], end)
		}
		w.keepSpan(report.Span{To: end, Label: "golden", Text: g.path, Failed: len(failures) > 0})
		w.verdict(failures)
	}
}

func (w *World) warnings() []string {
	texts := w.Warnings()
	if why := w.Outside(); why != "" {
		texts = append(texts, "the run is not deterministic: "+why)
	}
	for _, c := range w.cuts {
		if clients := w.Clients(); !slices.Contains(clients, c.Client) {
			texts = append(texts, fmt.Sprintf("the cut of %q at %v cut nothing: nobody of that name ever connected; there was %q", c.Client, c.At, clients))
		}
	}
	return texts
}

// close ends what is left open.
func (w *World) close() {
	w.t.Helper()
	if err := w.Close(); err != nil && !w.over() {
		w.t.Error(err)
	}
	for _, tape := range slices.Backward(w.tapes) {
		w.closeTape(tape)
	}
}

func (w *World) closeTape(tape *recorder.Tape) {
	w.t.Helper()
	if err := tape.Close(); err != nil {
		w.t.Error(err)
	}
}

// tell is an error for people, with what they need to go after it.
func (w *World) tell(err error) string { return err.Error() + w.context() }

// context is the last that the apps logged, and how to see the failure again.
func (w *World) context() string {
	var b strings.Builder
	if len(w.log.Lines()) > 0 {
		b.WriteString("\n  the last that the apps logged:")
		for _, line := range w.log.Lines() {
			b.WriteString("\n      " + line)
		}
	}
	return b.String() + "\n  repeat it: " + repeatCommand(w.t.Name())
}

// repeatCommand is what runs a test again, from the folder of the module.
func repeatCommand(test string) string {
	c := fmt.Sprintf("go test -run %s", quoted(pattern(test)))
	if folder := packageFolder(); folder != "" {
		c += " " + folder
	}
	return c
}

// packageFolder is the package under test as go test takes it; "" where the
// binary does not know.
func packageFolder() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return ""
	}
	path, _ := strings.CutSuffix(info.Path, ".test")
	if rest, ok := strings.CutPrefix(path, info.Main.Path); ok {
		return "." + rest
	}
	return path
}
