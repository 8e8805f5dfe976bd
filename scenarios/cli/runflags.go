package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/spf13/cobra"
)

// defaultTimeout is go test's.
const defaultTimeout = 10 * time.Minute

// runFlags are the flags of `simrun run`.
type runFlags struct {
	name   string
	tags   []string
	list   bool
	seed   uint64
	seeds  string
	repeat int
	shard  string

	timeout  time.Duration
	workers  int
	failFast bool
	strict   bool

	json, junit, html, record string
	github, update, watch     bool
	cpu, mem                  string
}

func (f *runFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.name, "run", "", "only scenarios whose name this `regexp` matches")
	s.StringArrayVar(&f.tags, "tag", nil, "only scenarios with this `tag`; given again: with one of them")
	s.BoolVar(&f.list, "list", false, "print the names of the scenarios, and run nothing")
	s.Uint64Var(&f.seed, "seed", 0, "the seed (default the scenario's, else 0)")
	s.StringVar(&f.seeds, "seeds", "", "run each scenario under the seeds `A-B`")
	s.IntVar(&f.repeat, "repeat", 1, "run each `N` times; the runs must be the same, event by event")
	s.StringVar(&f.shard, "shard", "", "this machine's `part`: I/N, auto (CI_NODE_INDEX, CI_NODE_TOTAL) or auto/N (JOB_COMPLETION_INDEX)")
	s.IntVarP(&f.workers, "jobs", "j", runtime.GOMAXPROCS(0), "run `N` scenarios side by side")
	s.DurationVar(&f.timeout, "timeout", defaultTimeout, "fail a run that takes longer than this, in real time; 0: never")
	s.BoolVar(&f.failFast, "fail-fast", false, "stop at the first that does not pass")
	s.BoolVar(&f.strict, "strict", false, "warnings fail")
	s.StringVar(&f.json, "json", "", "write a JSON report to `file`; - is standard output, in place of the text")
	s.StringVar(&f.junit, "junit", "", "write a JUnit report to `file`; - is standard output, in place of the text")
	s.StringVar(&f.html, "html", "", "write a page that shows each run, with a timeline, to `file`; - is standard output, in place of the text")
	s.BoolVar(&f.github, "github", false, "print annotations for GitHub Actions too")
	s.BoolVar(&f.update, "update", false, "write the golden files anew, from what the automations say")
	s.BoolVar(&f.watch, "watch", false, "run again, until ^C, on each change of a scenario, its tape or its golden file")
	s.StringVar(&f.record, "record", "", "keep the run as this `tape`, which must not exist; for a single scenario")
	s.StringVar(&f.cpu, "cpuprofile", "", "write a profile of the processor to `file`")
	s.StringVar(&f.mem, "memprofile", "", "write a profile of the memory to `file`")
}

// runner makes the runner that the flags ask for, still without scenarios.
func (f *runFlags) runner(cmd *cobra.Command, a *app) (*runner, error) {
	r := &runner{
		apps: a.Apps, timeout: f.timeout, repeat: f.repeat, workers: f.workers, failFast: f.failFast, strict: f.strict,
		update: f.update, histories: f.html != "", watched: a.Terminal,
	}
	set := cmd.Flags().Changed
	if set("seed") && set("seeds") {
		return nil, command.Usagef("--seed and --seeds cannot both be given; --seeds 7-7 is one seed too")
	}
	if set("seed") {
		r.seed = &f.seed
	}
	if set("seeds") {
		seeds, err := parseSeeds(f.seeds)
		if err != nil {
			return nil, err
		}
		r.seeds = &seeds
	}
	switch {
	case f.repeat < 1:
		return nil, command.Usagef("--repeat %d makes no run; give 2 or more", f.repeat)
	case f.workers < 1:
		return nil, command.Usagef("-j %d runs nothing; give 1 or more", f.workers)
	case f.toStdout() > 1:
		return nil, command.Usagef("only one of --json, --junit and --html can go to standard output")
	case f.sharedFile() != "":
		return nil, command.Usagef("%s is asked for twice: each report wants a file of its own", f.sharedFile())
	case f.update && (r.repeat > 1 || r.seeds != nil && r.seeds.count() > 1):
		return nil, command.Usagef("--update writes what one run says, so it goes with neither --repeat nor several --seeds")
	}
	return r, nil
}

// toStdout is how many reports go to standard output.
func (f *runFlags) toStdout() (n int) {
	for _, path := range []string{f.json, f.junit, f.html} {
		if path == "-" {
			n++
		}
	}
	return n
}

// sharedFile is a file that two flags want to write; "" where there is none.
func (f *runFlags) sharedFile() string {
	known := map[string]bool{}
	for _, path := range []string{f.json, f.junit, f.html, f.record, f.cpu, f.mem} {
		if path == "" || path == "-" || path == os.DevNull {
			continue
		}
		clean := filepath.Clean(path)
		if known[clean] {
			return path
		}
		known[clean] = true
	}
	return ""
}

// selection makes the selection that the flags ask for.
func (f *runFlags) selection() (*selection, error) {
	s := &selection{tags: f.tags}
	if f.name != "" {
		re, err := regexp.Compile(f.name)
		if err != nil {
			return nil, command.Usagef("--run %q is no regular expression: %v", f.name, err)
		}
		s.name = re
	}
	if f.shard != "" {
		sh, err := parseShard(f.shard)
		if err != nil {
			return nil, err
		}
		s.shard = &sh
	}
	return s, nil
}
