package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/stretchr/testify/require"
)

// watched is a `run --watch` over a folder, with ticks of the test's own.
type watched struct {
	t        *testing.T
	dir      string
	second   int
	out, err bytes.Buffer
	ticks    chan time.Time
	w        *watching
	stop     context.CancelCauseFunc
	done     chan error
}

// A tape, and a scenario that wants its message within some time.
const (
	watchedTape     = `{"t":1,"topic":"motion","payload":"%s"}`
	watchedScenario = "name: %s\ntape: {file: %s}\nsteps: [{route_until: {topic: motion, payload: \"1\", within: %s}}]\n"
)

// newWatched makes the scenarios a and b, on a tape each, where a golden-like
// third file involves nobody.
func newWatched(t *testing.T) *watched {
	x := &watched{t: t, dir: t.TempDir(), ticks: make(chan time.Time), done: make(chan error, 1)}
	x.write("a.jsonl", fmt.Sprintf(watchedTape, "1"))
	x.write("b.jsonl", fmt.Sprintf(watchedTape, "1"))
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "2s"))
	x.write("b.yaml", fmt.Sprintf(watchedScenario, "b", "b.jsonl", "2s"))
	x.write("notes.txt", "x")
	a := newApp(Options{Name: "simrun", Stdout: &x.out, Stderr: &x.err})
	x.w = &watching{
		app: a, flags: &runFlags{}, selection: &selection{}, paths: []string{x.dir}, program: x.path("program"), say: &x.out,
		runner: func() (*runner, error) { return &runner{repeat: 1, workers: 1}, nil },
		ticks:  x.ticks, now: func() time.Time { return time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC) },
	}
	return x
}

func (x *watched) path(name string) string { return filepath.Join(x.dir, name) }

// write gives each version of a file a time of its own.
func (x *watched) write(name, text string) {
	x.t.Helper()
	require.NoError(x.t, os.WriteFile(x.path(name), []byte(text), 0o600))
	x.second++
	at := time.Unix(int64(1_000_000+x.second), 0)
	require.NoError(x.t, os.Chtimes(x.path(name), at, at))
}

func (x *watched) start() {
	ctx, stop := context.WithCancelCause(x.t.Context())
	x.stop = stop
	go func() { x.done <- x.w.run(ctx) }()
	synctest.Wait()
}

// tick returns when all that it led to is done.
func (x *watched) tick() {
	x.ticks <- time.Time{}
	synctest.Wait()
}

// told is what is printed for the changes since the last call, without the
// figures that are others each time.
func (x *watched) told() (lines []string) {
	x.tick() // seen
	x.tick() // at rest
	for line := range strings.Lines(x.out.String() + x.err.String()) {
		switch fields := strings.Fields(line); {
		case len(fields) > 2 && (fields[0] == "passed" || fields[0] == "failed" || fields[0] == "error"):
			lines = append(lines, fields[0]+" "+fields[1])
		case strings.HasPrefix(line, "──"), strings.HasPrefix(line, "in all"), strings.HasPrefix(line, "watching"), strings.HasPrefix(line, "simrun: "), strings.HasPrefix(line, "the program"):
			lines = append(lines, strings.ReplaceAll(strings.TrimSpace(line), x.dir+string(filepath.Separator), ""))
		}
	}
	x.out.Reset()
	x.err.Reset()
	return lines
}

func (x *watched) end(cause error, code int) {
	x.t.Helper()
	x.stop(cause)
	require.Equal(x.t, code, exitCode(<-x.done))
}

func TestWatch(t *testing.T) { synctest.Test(t, testWatch) }

func testWatch(t *testing.T) {
	x := newWatched(t)
	x.start()
	require.Equal(t, []string{"passed a", "passed b", "watching 5 files; ^C ends it"}, x.told())
	require.Empty(t, x.told(), "nothing has changed")

	x.write("notes.txt", "y")
	require.Empty(t, x.told(), "this is no file of a scenario")

	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "500ms"))
	require.Equal(t, []string{"── 17:00:00  a.yaml changed ──", "failed a", "in all 2 scenarios: 1 passed, 1 failed", "watching 5 files; ^C ends it"}, x.told())

	x.write("b.jsonl", fmt.Sprintf(watchedTape, "0"))
	require.Equal(t, []string{"── 17:00:00  b.jsonl changed ──", "failed b", "in all 2 scenarios: 2 failed", "watching 5 files; ^C ends it"}, x.told())

	x.write("b.new", fmt.Sprintf(watchedTape, "1"))
	require.NoError(t, os.Rename(x.path("b.new"), x.path("b.jsonl")))
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "3s"))
	require.Equal(t, []string{"── 17:00:00  a.yaml changed, b.jsonl changed ──", "passed a", "passed b", "watching 5 files; ^C ends it"}, x.told())
	x.end(context.Canceled, 130)
}

func TestWatchFilesThatComeAndGo(t *testing.T) { synctest.Test(t, testWatchFilesThatComeAndGo) }

func testWatchFilesThatComeAndGo(t *testing.T) {
	x := newWatched(t)
	x.start()
	x.told()

	x.write("c.yaml", fmt.Sprintf(watchedScenario, "c", "a.jsonl", "2s"))
	require.Equal(t, []string{"── 17:00:00  c.yaml changed ──", "passed c", "in all 3 scenarios: 3 passed", "watching 6 files; ^C ends it"}, x.told())

	x.write("a.jsonl", fmt.Sprintf(watchedTape, "0"))
	require.Equal(t, []string{"── 17:00:00  a.jsonl changed ──", "failed a", "failed c", "in all 3 scenarios: 1 passed, 2 failed", "watching 6 files; ^C ends it"}, x.told())

	require.NoError(t, os.Remove(x.path("c.yaml")))
	require.Equal(t, []string{"── 17:00:00  c.yaml is gone ──", "in all 2 scenarios: 1 passed, 1 failed", "watching 5 files; ^C ends it"}, x.told())

	require.NoError(t, os.Remove(x.path("a.jsonl")))
	require.Equal(t, []string{"── 17:00:00  a.jsonl is gone ──", "error a", "in all 2 scenarios: 1 passed, 1 error", "watching 5 files; ^C ends it"}, x.told())
	x.write("a.jsonl", fmt.Sprintf(watchedTape, "1"))
	require.Equal(t, []string{"── 17:00:00  a.jsonl changed ──", "passed a", "in all 2 scenarios: 2 passed", "watching 5 files; ^C ends it"}, x.told())

	x.write("b.yaml", "name: [")
	require.Contains(t, x.told(), "in all 2 scenarios: 1 passed, 1 error")
	x.write("b.yaml", fmt.Sprintf(watchedScenario, "b", "b.jsonl", "2s"))
	require.Contains(t, x.told(), "in all 2 scenarios: 2 passed")
	x.end(ErrTerminated, 143)
}

// A folder may be empty for a moment, as when a branch is changed.
func TestWatchAFolderThatIsEmptyForAWhile(t *testing.T) {
	synctest.Test(t, testWatchAFolderThatIsEmptyForAWhile)
}

func testWatchAFolderThatIsEmptyForAWhile(t *testing.T) {
	x := newWatched(t)
	x.start()
	x.told()
	require.NoError(t, os.Rename(x.path("a.yaml"), x.path("a.off")))
	require.NoError(t, os.Rename(x.path("b.yaml"), x.path("b.off")))
	require.Contains(t, strings.Join(x.told(), "\n"), "simrun: there is no scenario file")
	require.Empty(t, x.told(), "told once")
	require.NoError(t, os.Rename(x.path("a.off"), x.path("a.yaml")))
	require.NoError(t, os.Rename(x.path("b.off"), x.path("b.yaml")))
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "500ms"))
	require.Equal(t, []string{"── 17:00:00  a.yaml changed, b.yaml changed ──", "failed a", "passed b", "watching 5 files; ^C ends it"}, x.told())

	// Two paths that are gone are told one by one, and once.
	x.w.paths = []string{x.path("gone"), x.path("lost")}
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "2s"))
	told := x.told()
	require.Len(t, told, 4, told)
	require.Contains(t, told[2], "simrun: there is no file or folder gone")
	require.Contains(t, told[3], "simrun: there is no file or folder lost")
	x.end(context.Canceled, 130)
}

func TestWatchTheProgram(t *testing.T) { synctest.Test(t, testWatchTheProgram) }

func testWatchTheProgram(t *testing.T) {
	x := newWatched(t)
	x.start()
	x.told()
	x.write("program", "new")
	require.Equal(t, []string{"the program has been built anew; end this one and start it again to run it"}, x.told())
	require.Empty(t, x.told(), "told once")
	x.write("program", "newer")
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "500ms"))
	require.Contains(t, x.told(), "failed a")
	x.end(context.Canceled, 130)
}

// A change while scenarios run leads to another run, also where it is of a
// scenario that was not run.
func TestWatchSeesChangesDuringARun(t *testing.T) { synctest.Test(t, testWatchSeesChangesDuringARun) }

func testWatchSeesChangesDuringARun(t *testing.T) {
	x := newWatched(t)
	begun := 0
	x.w.runner = func() (*runner, error) {
		if begun++; begun == 2 {
			x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "500ms"))
			x.write("b.jsonl", fmt.Sprintf(watchedTape, "0"))
		}
		return &runner{repeat: 1, workers: 1}, nil
	}
	x.start()
	x.told()
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "4s"))
	require.Equal(t, []string{"── 17:00:00  a.yaml changed ──", "passed a", "in all 2 scenarios: 2 passed", "watching 5 files; ^C ends it"}, x.told())
	require.Equal(t, []string{"── 17:00:00  a.yaml changed, b.jsonl changed ──", "failed a", "failed b", "watching 5 files; ^C ends it"}, x.told())
	x.end(context.Canceled, 130)
}

// Reports in files are of all scenarios, so all are run.
func TestWatchWithAReport(t *testing.T) { synctest.Test(t, testWatchWithAReport) }

func testWatchWithAReport(t *testing.T) {
	x := newWatched(t)
	x.w.flags.json = x.path("report.json")
	x.start()
	x.told()
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "500ms"))
	require.Equal(t, []string{"── 17:00:00  a.yaml changed ──", "failed a", "passed b", "watching 5 files; ^C ends it"}, x.told())
	report, err := os.ReadFile(x.path("report.json"))
	require.NoError(t, err)
	require.Contains(t, string(report), `"passed":1`)
	x.end(context.Canceled, 130)
}

func TestWatchBeginsWithSomething(t *testing.T) {
	x := newWatched(t)
	x.w.paths = []string{x.path("nowhere")}
	err := x.w.run(t.Context())
	require.Equal(t, command.Usage, exitCode(err))
	require.ErrorContains(t, err, "there is no file or folder")
}

func TestWatchRefusesWhatIsForOneRun(t *testing.T) {
	require.ErrorContains(t, (&runFlags{}).canWatch(nil), "--watch wants the path")
	for name, f := range map[string]*runFlags{
		"--list": {list: true}, "--record": {record: "x"}, "--cpuprofile": {cpu: "x"}, "--memprofile": {mem: "x"},
	} {
		err := f.canWatch([]string{"x"})
		require.ErrorContains(t, err, name+" cannot both be given")
		require.Equal(t, command.Usage, exitCode(err))
	}
	require.NoError(t, (&runFlags{json: "x", update: true}).canWatch([]string{"x"}))
}

// What a run depends on is watched: tape, golden file, and the program's script.
func TestInvolvedFiles(t *testing.T) {
	x := newWatched(t)
	x.write("hall.py", "")
	x.write("all.yaml", "name: x\nexec: {command: [python3, hall.py]}\ntape: {file: ./a.jsonl}\nexpect: {golden: {file: x.golden.jsonl}}\n")
	found, err := x.w.open([]string{x.path("all.yaml")})
	require.NoError(t, err)
	defer found.Close()
	require.Equal(t, []string{x.path("all.yaml"), x.path("a.jsonl"), x.path("x.golden.jsonl"), x.path("hall.py")}, x.w.involved(found.items[0]))
	x.w.flags.update = true
	require.NotContains(t, x.w.involved(found.items[0]), x.path("x.golden.jsonl"), "the run itself writes it")
}

// While one of the paths is not there nothing runs; after that everything does,
// as nobody looked at the tapes meanwhile.
func TestWatchAfterAPathWasGone(t *testing.T) { synctest.Test(t, testWatchAfterAPathWasGone) }

func testWatchAfterAPathWasGone(t *testing.T) {
	x := newWatched(t)
	x.w.paths = []string{x.path("a.yaml"), x.path("b.yaml")}
	x.start()
	x.told()
	require.NoError(t, os.Remove(x.path("b.yaml")))
	require.Contains(t, strings.Join(x.told(), "\n"), "there is no file or folder b.yaml")
	x.write("a.jsonl", fmt.Sprintf(watchedTape, "0"))
	require.Empty(t, x.told())
	x.write("b.yaml", fmt.Sprintf(watchedScenario, "b", "b.jsonl", "2s"))
	require.Equal(t, []string{"── 17:00:00  b.yaml changed ──", "failed a", "passed b", "watching 5 files; ^C ends it"}, x.told())
	x.end(context.Canceled, 130)
}

// A change of what is not going to be run, right before the others are: it is
// not taken for seen.
func TestWatchSeesChangesBetweenRuns(t *testing.T) { synctest.Test(t, testWatchSeesChangesBetweenRuns) }

func testWatchSeesChangesBetweenRuns(t *testing.T) {
	x := newWatched(t)
	now, changes := x.w.now, 0
	x.w.now = func() time.Time {
		if changes++; changes == 1 {
			x.write("b.jsonl", fmt.Sprintf(watchedTape, "0"))
		}
		return now()
	}
	x.start()
	x.told()
	x.write("a.yaml", fmt.Sprintf(watchedScenario, "a", "a.jsonl", "4s"))
	require.Contains(t, x.told(), "passed a")
	require.Equal(t, []string{"── 17:00:00  b.jsonl changed ──", "failed b", "in all 2 scenarios: 1 passed, 1 failed", "watching 5 files; ^C ends it"}, x.told())
	x.end(context.Canceled, 130)
}
