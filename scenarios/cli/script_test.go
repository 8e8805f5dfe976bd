package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(clocktest.LeakChecked{M: m}, map[string]func(){
		"simrun": func() {
			cli.MainWith(cli.Options{Name: "simrun", Apps: testApps(), Library: os.DirFS(os.Getenv("LIBRARY"))})
		},
		"own": func() { cli.Main() }, // a simrun with nothing in it
	})
}

func TestScripts(t *testing.T) {
	library, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("LIBRARY", library+"/testdata/library")
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":     code,
			"signal":   signalled,
			"tape":     makeTape,
			"cut":      cut,
			"waitfile": waitFile,
			"valid":    valid,

			"samedigests": sameDigests,
		},
	})
}

// code N COMMAND... runs a command and wants it to exit with N. Its output is
// in the files stdout and stderr.
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		got = -1
		if ee, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Exec does not wrap it
			got = ee.ExitCode()
		}
	}
	out, errOut := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	ts.Check(os.WriteFile(ts.MkAbs("stdout"), []byte(out), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr"), []byte(errOut), 0o600))
	if got != want {
		ts.Fatalf("exit code %d, want %d: %s", got, want, errOut)
	}
	if want > 1 && errOut == "" {
		ts.Fatalf("exit code %d, and no word on why", got)
	}
	if strings.Contains(errOut, "goroutine 1") {
		ts.Fatalf("a stack trace: %s", errOut)
	}
}

// signal SIGNAL N FILE ARGS... runs simrun, sends it a signal when the file is
// there, and wants it to exit with N.
func signalled(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	signal := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[args[0]]
	bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)) // where testscript puts our programs
	cmd := exec.Command(filepath.Join(bin, "simrun"), args[3:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), []string{"LIBRARY=" + ts.Getenv("LIBRARY"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	ts.Check(cmd.Start())
	waitFile(ts, false, args[2:3])
	ts.Check(cmd.Process.Signal(signal))
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// tape FILE [open] makes a tape with two messages; open leaves it to be recorded
// until the script ends.
func makeTape(ts *testscript.TestScript, _ bool, args []string) {
	w, err := recorder.Create(ts.MkAbs(args[0]), recorder.Options{Start: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)})
	ts.Check(err)
	for i, text := range []string{"1", "0"} {
		r := recorder.Record{At: time.Duration(i) * time.Minute, Kind: recorder.KindMessage}
		r.Topic, r.Payload = "motion", []byte(text)
		ts.Check(w.Append(r))
	}
	if len(args) > 1 {
		ts.Defer(func() { _ = w.Close() })
		return
	}
	ts.Check(w.Close())
}

// cut FILE N keeps the first N bytes.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// waitfile FILE waits until a file is there.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4_000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		<-tick.C
	}
	ts.Fatalf("%s did not appear", args[0])
}

// valid json|junit FILE checks a report; see reports_test.go.
func valid(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[1])
	var err error
	switch args[0] {
	case "json":
		err = validJSON(text)
	case "junit":
		err = validJUnit(text)
	default:
		err = fmt.Errorf("no such report: %s", args[0])
	}
	if err != nil {
		ts.Fatalf("%s: %v\n%s", args[1], err, text)
	}
}

// samedigests A B wants two JSON reports with the same runs in them.
func sameDigests(ts *testscript.TestScript, _ bool, args []string) {
	a, b := digests(ts.ReadFile(args[0])), digests(ts.ReadFile(args[1]))
	if a == "" || a != b {
		ts.Fatalf("digests differ:\n%s\n%s", a, b)
	}
}
