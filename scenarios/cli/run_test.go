package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// library is a built-in library of one scenario.
func library() fstest.MapFS {
	return fstest.MapFS{"x/one.yaml": {Data: []byte("name: one\nsteps: [{publish: {topic: x}}, {route_until: {topic: x, within: 1s}}]\n")}}
}

func TestRunInAProgram(t *testing.T) {
	defer goleak.VerifyNone(t)
	var out, errOut bytes.Buffer
	o := cli.Options{Name: "mine", Library: library(), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut}
	require.Zero(t, cli.Run(context.Background(), []string{"--seeds", "0-99", "-j", "3"}, o), errOut.String())
	require.Contains(t, out.String(), "100 runs of 1 scenario: 100 passed")
	require.NotContains(t, out.String(), "\x1b")
	require.Empty(t, errOut.String())

	require.Equal(t, 2, cli.Run(context.Background(), []string{"nowhere"}, o))
	require.Equal(t, "mine: there is no file or folder nowhere\n", errOut.String())
}

func TestStoppedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cli.ErrTerminated)
	var out bytes.Buffer
	o := cli.Options{Library: library(), Stdout: &out, Stderr: io.Discard}
	require.Equal(t, 143, cli.Run(ctx, []string{"--seeds", "0-999999999"}, o))
	require.Contains(t, out.String(), "stopped: ")
	ctx2, cancel2 := context.WithCancel(context.Background())
	cancel2()
	require.Equal(t, 130, cli.Run(ctx2, []string{"--seeds", "0-999999999"}, o))
}

// fullDisk takes so many bytes and no more.
type fullDisk struct{ left int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--json", "-"}, {"--junit", "-"}, {"--list"}, {"apps"}, {"schema"}, {"check", "library"}, {"--github"},
	} {
		for _, left := range []int{0, 10, 100} {
			var errOut bytes.Buffer
			o := cli.Options{Name: "simrun", Apps: testApps(), Library: library(), Stdout: &fullDisk{left}, Stderr: &errOut}
			code := cli.Run(context.Background(), args, o)
			if code == 0 { // it all fitted
				continue
			}
			require.Equal(t, 3, code, args)
			require.Equal(t, "simrun: no space left\n", errOut.String(), args)
		}
	}
}

func TestNothingIsLeftOfAReportThatFailed(t *testing.T) {
	dir := t.TempDir()
	report := filepath.Join(dir, "r.json")
	require.NoError(t, os.WriteFile(report, []byte("what was there"), 0o600))
	o := cli.Options{Name: "simrun", Library: library(), Stdout: io.Discard, Stderr: io.Discard}
	require.Equal(t, 2, cli.Run(context.Background(), []string{"--json", report, "--junit", filepath.Join(dir, "no", "r.xml")}, o))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.Equal(t, "what was there", string(text))
}

func ExampleRun() {
	lamp := scenarios.App("lamp", func(struct {
		Delay core.Duration `json:"delay"`
	},
	) core.App {
		return core.AppFunc(func(*core.Env) error { return nil })
	})
	cli.Run(context.Background(), []string{"apps"}, cli.Options{Apps: []scenarios.Entry{lamp}, Stdout: os.Stdout})
	// Output:
	// lamp
	//   delay  duration
}
