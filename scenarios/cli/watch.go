package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli/internal/watch"
	"github.com/spf13/cobra"
)

// lookEvery is how often --watch looks at the files.
const lookEvery = 300 * time.Millisecond

// watching is `run --watch`: what is selected runs, and runs again when one of
// its files changes. Files that did not change keep their last result.
type watching struct {
	*app
	flags     *runFlags
	runner    func() (*runner, error) // a new one for each time
	selection *selection
	paths     []string
	program   string    // the file of this program; "": not known
	say       io.Writer // where it tells what it does
	ticks     <-chan time.Time
	now       func() time.Time

	items []*item                     // the latest that are selected
	last  map[string]scenarios.Status // how each went, by file
	seen  watch.Look                  // the files as they were when that was run
}

// watch runs scenarios again and again until ctx is done.
func (a *app) watch(cmd *cobra.Command, paths []string, f *runFlags) error {
	if err := f.canWatch(paths); err != nil {
		return err
	}
	sel, err := f.selection()
	if err != nil {
		return err
	}
	program, _ := os.Executable() // not known: it is not watched
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	w := &watching{
		app: a, flags: f, runner: func() (*runner, error) { return f.runner(cmd, a) }, selection: sel, paths: paths,
		program: program, say: a.Out, ticks: ticker.C, now: time.Now,
	}
	if f.toStdout() > 0 {
		w.say = a.Err
	}
	return w.run(cmd.Context())
}

// canWatch refuses what makes no sense more than once.
func (f *runFlags) canWatch(paths []string) error {
	if len(paths) == 0 {
		return command.Usagef("--watch wants the path of a scenario file or a folder: the built-in library does not change")
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"--list", f.list}, {"--record", f.record != ""}, {"--cpuprofile", f.cpu != ""}, {"--memprofile", f.mem != ""}} {
		if flag.given {
			return command.Usagef("--watch and %s cannot both be given: one is for many runs, the other for one", flag.name)
		}
	}
	return nil
}

// run returns when ctx is done, or when there is nothing to begin with.
func (w *watching) run(ctx context.Context) error {
	w.last = map[string]scenarios.Status{}
	if err := w.round(ctx, nil); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if _, err := fmt.Fprintf(w.say, "\nwatching %s; ^C ends it\n", command.Count(len(w.files()), "file")); err != nil {
			return err
		}
		changed, err := w.changes(ctx)
		if err != nil {
			break
		}
		if _, err := fmt.Fprintf(w.say, "\n── %s  %s ──\n\n", w.now().Format(time.TimeOnly), describeChanges(changed)); err != nil {
			return err
		}
		if err := w.round(ctx, changed); err != nil && !command.IsSilent(err) {
			w.tell(err) // and go on: the next change may mend it
		}
	}
	return command.Exit(stoppedCode(ctx))
}

// changes waits until files of the scenarios change; that the program itself
// was built anew is told.
func (w *watching) changes(ctx context.Context) ([]string, error) {
	for {
		changed, err := watch.Changes(ctx, w.ticks, w.seen, w.files)
		if err != nil {
			return nil, err
		}
		others := slices.DeleteFunc(slices.Clone(changed), func(p string) bool { return p == w.program })
		if len(others) < len(changed) {
			fmt.Fprintln(w.Err, "the program has been built anew; end this one and start it again to run it")
			w.seen = w.seen.Keep(watch.Take([]string{w.program}), []string{w.program})
		}
		if len(others) > 0 {
			return others, nil
		}
	}
}

// maxChangesTold is how many files are named that changed.
const maxChangesTold = 3

func describeChanges(paths []string) string {
	var parts []string
	for _, p := range paths[:min(len(paths), maxChangesTold)] {
		what := "changed"
		if _, err := os.Stat(p); err != nil {
			what = "is gone"
		}
		parts = append(parts, p+" "+what)
	}
	if more := len(paths) - maxChangesTold; more > 0 {
		parts = append(parts, command.Count(more, "more file"))
	}
	return strings.Join(parts, ", ")
}

// round runs the scenarios that the changes are about, and those that never ran.
// Files are looked at before they are read, so a change meanwhile is seen after
// the round.
func (w *watching) round(ctx context.Context, changed []string) error {
	before := watch.Take(w.files())
	found, err := w.open(w.paths)
	if err != nil {
		w.forget(before)
		return err
	}
	defer found.Close()
	items, err := w.selection.pick(found.items)
	if err != nil {
		w.forget(before)
		return err
	}
	w.items = items
	due, kept := w.due(changed)
	now := watch.Take(w.files())
	w.seen = now.Keep(before, w.files()).Keep(w.seen, w.filesOf(kept))
	if err := w.runAll(ctx, due); err != nil {
		return err
	}
	return w.total(len(due))
}

// forget is for a round that could not begin: whatever comes next is new.
func (w *watching) forget(before watch.Look) {
	w.items = nil
	clear(w.last)
	w.seen = watch.Take(w.files()).Keep(before, w.files())
}

// due splits the scenarios into those to be run and those that keep their
// result. A report in a file is of all, so then all are run.
func (w *watching) due(changed []string) (due, kept []*item) {
	all := w.flags.json != "" || w.flags.junit != "" || w.flags.html != ""
	for _, i := range w.items {
		_, ran := w.last[i.file]
		touched := slices.ContainsFunc(w.involved(i), func(p string) bool { return slices.Contains(changed, p) })
		if all || !ran || touched {
			due = append(due, i)
		} else {
			kept = append(kept, i)
		}
	}
	return due, kept
}

func (w *watching) runAll(ctx context.Context, due []*item) error {
	if len(due) == 0 {
		return nil
	}
	r, err := w.runner()
	if err != nil {
		return err
	}
	if r.items = due; r.seeds != nil {
		w.checkFirst(due)
	}
	reports, err := w.openReports(w.flags, due)
	if err != nil {
		return err
	}
	reports.list = append(reports.list, results{w.last})
	return reports.close(w.follow(ctx, r, reports))
}

// results keeps how scenarios went.
type results struct{ last map[string]scenarios.Status }

func (r results) outcome(*outcome) error { return nil }
func (r results) end(*summary) error     { return nil }
func (r results) group(g *group) error {
	r.last[g.item.file] = g.status
	return nil
}

// total tells how all scenarios went when only some of them were run.
func (w *watching) total(ran int) error {
	if ran == len(w.items) {
		return nil
	}
	s := newSummary()
	for _, i := range w.items {
		s.counts[w.last[i.file]]++
	}
	var parts []string
	for _, status := range []scenarios.Status{scenarios.Passed, scenarios.Failed, scenarios.Error, scenarios.Skipped} {
		if n := s.counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	_, err := fmt.Fprintf(w.say, "in all %s: %s\n", command.Count(len(w.items), "scenario"), strings.Join(parts, ", "))
	return err
}
