// Package scripttest has the commands that test scripts of all programs share.
package scripttest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Command is a command of test scripts.
type Command = func(ts *testscript.TestScript, neg bool, args []string)

// With returns the shared commands and those of one program.
func With(own map[string]Command) map[string]Command {
	all := map[string]Command{
		"code": code, "cut": cut, "flip": flip, "broker": broker,
		"waitfile": waitFile, "waitport": waitPort, "closed": closedPort, "freeport": setFreePort,
	}
	for name, c := range own {
		all[name] = c
	}
	return all
}

// code N COMMAND... runs a command and wants it to exit with N, and to say why
// where N is not 0 or 1. Its output is in the files stdout and stderr.
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
	inFile := strings.Contains(errOut, ".yaml:") // faults of a file come with its lines
	if args[1] == "record" && want > 1 && (strings.Count(errOut, "\n") != 1 && !inFile || !strings.HasPrefix(errOut, "record: ")) {
		ts.Fatalf("the error is not one sentence: %s", errOut)
	}
}

// cut FILE N keeps the first N bytes.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// flip FILE TEXT N flips a bit N bytes after the first TEXT.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	at := strings.Index(string(b), args[1])
	if at < 0 {
		ts.Fatalf("%s is not in %s", args[1], path)
	}
	b[at+n] ^= 4
	ts.Check(os.WriteFile(path, b, 0o600))
}

// broker [CONFIG LINE] starts a mosquitto and puts its address into $BROKER and
// its port into $PORT.
func broker(ts *testscript.TestScript, _ bool, args []string) {
	port := freePort(ts)
	config := ts.MkAbs("mosquitto.conf")
	ts.Check(os.WriteFile(config, fmt.Appendf(nil, "listener %d 127.0.0.1\nallow_anonymous true\n%s\n", port, strings.Join(args, " ")), 0o600))
	cmd := exec.Command("mosquitto", "-c", config)
	out, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for s := bufio.NewScanner(out); ; {
		if !s.Scan() {
			ts.Fatalf("mosquitto did not start")
		}
		if strings.Contains(s.Text(), " running") {
			break
		}
	}
	ts.Setenv("PORT", strconv.Itoa(port))
	ts.Setenv("BROKER", fmt.Sprintf("mqtt://127.0.0.1:%d", port))
}

// closed puts the address of a port that nobody listens on into $BROKER.
func closedPort(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("BROKER", fmt.Sprintf("mqtt://127.0.0.1:%d", freePort(ts)))
}

// freeport puts a port that nobody listens on into $PORT.
func setFreePort(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("PORT", strconv.Itoa(freePort(ts)))
}

func freePort(ts *testscript.TestScript) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// waitfile FILE [N] waits until a file is there, and has more than N bytes.
func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	n := int64(-1)
	if len(args) > 1 {
		var err error
		n, err = strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
	}
	await(ts, args[0]+" did not grow", func() bool {
		st, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil && st.Size() > n
	})
}

// waitport PORT waits until somebody listens there.
func waitPort(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, "nobody listens on port "+args[0], func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+args[0])
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// await polls, with a limit that only fails a script that hangs.
func await(ts *testscript.TestScript, complaint string, done func() bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 4_000 {
		if done() {
			return
		}
		<-tick.C
	}
	ts.Fatalf("%s", complaint)
}
