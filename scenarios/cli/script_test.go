package cli_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/internal/scripttest"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
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
		Cmds: scripttest.With(map[string]scripttest.Command{
			"signal":      signalled,
			"tape":        makeTape,
			"import":      importTape,
			"valid":       valid,
			"samedigests": sameDigests,
		}),
	})
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
	scripttest.With(nil)["waitfile"](ts, false, args[2:3])
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

// import JSONL FILE makes a tape of JSON lines.
func importTape(ts *testscript.TestScript, _ bool, args []string) {
	w, err := recorder.Create(ts.MkAbs(args[1]), recorder.Options{})
	ts.Check(err)
	jsonl, err := format.Lookup("jsonl")
	ts.Check(err)
	d := jsonl.NewDecoder(strings.NewReader(ts.ReadFile(args[0])), format.Options{File: args[0]})
	for {
		var r recorder.Record
		if err := d.Next(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		ts.Check(w.Append(r))
	}
	ts.Check(w.Close())
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
