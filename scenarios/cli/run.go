package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/spf13/cobra"
)

const runLong = `run runs scenario files, or all *.yaml under a folder; without a path, the
scenarios that are built in, which are called library/FOLDER/FILE.yaml.

It prints a line for each scenario: status, name, virtual time, wall time, how
much faster that was, messages to and from the automations, and the digest of the
run. Then failures in full, each with the command that repeats it.`

const runExample = `  simrun run hallway.yaml
  simrun run hallway.yaml --watch
  simrun run scenarios/ --html report.html
  simrun run hallway.yaml --update
  simrun run scenarios/ --run 'hall|stairs' --strict
  simrun run hallway.yaml --seeds 0-9999 --fail-fast
  simrun run hallway.yaml --repeat 3
  simrun run scenarios/ --shard 2/8 --json - | jq .failed`

func (a *app) runCommand() *cobra.Command {
	var o runFlags
	cmd := &cobra.Command{
		Use:     "run [PATH...]",
		Short:   "Run scenarios (what simrun does without a command)",
		Long:    runLong,
		Example: runExample,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.run(cmd, args, &o) },
	}
	o.register(cmd)
	return cmd
}

func (a *app) run(cmd *cobra.Command, paths []string, f *runFlags) error {
	log, err := a.logging.Logger(a.Err)
	if err != nil {
		return err
	}
	if f.watch {
		return a.watch(cmd, paths, f)
	}
	r, err := f.runner(cmd, a)
	if err != nil {
		return err
	}
	sel, err := f.selection()
	if err != nil {
		return err
	}
	found, err := a.open(paths)
	if err != nil {
		return err
	}
	defer found.Close()
	if r.items, err = sel.pick(found.items); err != nil {
		return err
	}
	if r.seeds != nil {
		a.checkFirst(r.items)
	}
	log.Debug("scenarios", "found", len(found.items), "selected", len(r.items), "seeds", r.count(), "jobs", r.workers)
	if f.list {
		return a.list(r.items)
	}
	if f.update {
		if err := checkGoldenFiles(r.items); err != nil {
			return err
		}
	}
	return a.runSelected(cmd.Context(), r, f)
}

// checkFirst finds the scenarios that cannot run, so that they are told once and
// not under every seed.
func (a *app) checkFirst(items []*item) {
	for _, i := range items {
		if i.err == nil && i.scenario.Skip == "" {
			i.err = a.checkItem(i)
		}
	}
}

// checkGoldenFiles refuses to write a golden file for two scenarios.
func checkGoldenFiles(items []*item) error {
	first := map[string]string{}
	for _, i := range items {
		s := i.scenario
		if s == nil || s.Skip != "" || s.Expect == nil || s.Expect.Golden == nil {
			continue
		}
		path := filepath.Clean(s.Path(s.Expect.Golden.File))
		if other, taken := first[path]; taken {
			return command.Usagef("%s and %s have the same golden file, and --update would write it twice; select one of them", other, i.file)
		}
		first[path] = i.file
	}
	return nil
}

// list prints names; what could not be read is told as when it is run.
func (a *app) list(items []*item) error {
	code := command.OK
	for _, i := range items {
		if i.err != nil {
			fmt.Fprintln(a.Err, i.err)
			code = worse(code, exitCode(i.err))
			continue
		}
		if _, err := fmt.Fprintln(a.Out, i.scenario.Name); err != nil {
			return err
		}
	}
	return command.Exit(code)
}

// runSelected runs and reports.
func (a *app) runSelected(ctx context.Context, r *runner, f *runFlags) error {
	closeTape, err := f.openRecord(r)
	if err != nil {
		return err
	}
	stopProfiles, err := f.startProfiles()
	if err != nil {
		return errors.Join(err, closeTape())
	}
	reports, err := a.openReports(f, r.items)
	if err != nil {
		return errors.Join(err, stopProfiles(), closeTape())
	}
	s := a.follow(ctx, r, reports)
	if s.stopped {
		s.exit = stoppedCode(ctx)
	} else if err := closeTape(); err != nil { // a run that is left behind still writes to it
		a.tell(err)
		s.exit = worse(s.exit, exitCode(err))
	}
	for _, err := range []error{reports.close(s), stopProfiles()} {
		if err != nil {
			a.tell(err)
			s.exit = worse(s.exit, exitCode(err))
		}
	}
	return command.Exit(s.exit)
}

// follow runs all and hands what comes to the reports.
func (a *app) follow(ctx context.Context, r *runner, reports *reports) *summary {
	s := newSummary()
	line := progressLine{out: a.Err, on: a.Terminal}
	var g *group
	flush := func() {
		if g != nil {
			s.scenarios++
			reports.group(g)
			g = nil
		}
	}
	r.each = func(u unit, o *outcome) {
		line.clear()
		if g == nil {
			g = newGroup(u.item)
		}
		g.add(o)
		s.add(o)
		reports.outcome(o)
		if u.last {
			flush()
		}
	}
	r.tick = func(given, total int) { line.draw(given, total, s, r.underWay.longest(toldAfter)) }
	start := time.Now()
	given, total := r.run(ctx)
	s.wall = time.Since(start)
	line.clear()
	flush()
	s.left = total - given
	s.stopped = ctx.Err() != nil && s.left > 0
	if s.stopped {
		s.underWay = r.underWay.longest(0)
	}
	return s
}

// toldAfter is how long a run takes before the progress line names it.
const toldAfter = time.Second

// progressLine is drawn over and over on a terminal.
type progressLine struct {
	out   io.Writer
	on    bool
	drawn bool
}

func (l *progressLine) draw(given, total int, s *summary, running string) {
	if !l.on {
		return
	}
	l.drawn = true
	bad := ""
	if n := s.runs - s.good(); n > 0 {
		bad = fmt.Sprintf(", %s did not pass", command.Thousands(uint64(n)))
	}
	if running != "" {
		running = ": " + running
	}
	fmt.Fprintf(l.out, "\r\x1b[K%s of %s runs%s%s", command.Thousands(uint64(given)), command.Thousands(uint64(total)), bad, running)
}

func (l *progressLine) clear() {
	if l.drawn {
		fmt.Fprint(l.out, "\r\x1b[K")
		l.drawn = false
	}
}

// openRecord lets the run make the tape of --record. The function that is
// returned ends it.
func (f *runFlags) openRecord(r *runner) (closeTape func() error, err error) {
	if f.record == "" {
		return func() error { return nil }, nil
	}
	if n := r.count(); n != 1 || r.repeat != 1 {
		return nil, command.Usagef("--record keeps one run of one scenario, and these are %s; select one with its path, --run and --seed",
			command.Thousands(uint64(n*r.repeat)))
	}
	var w *recorder.Writer // made when the run knows when it begins
	r.record = func(start time.Time) (*recorder.Writer, error) {
		var err error
		w, err = recorder.Create(f.record, recorder.Options{Start: start, Program: command.Version("simrun")})
		return w, err
	}
	return func() error {
		if w == nil {
			return nil
		}
		return w.Close()
	}, nil
}
