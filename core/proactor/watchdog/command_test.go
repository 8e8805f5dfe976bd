package watchdog_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// addressEnv is where a child says that it has begun, and what it reads from
// until the test has ended.
const addressEnv = "HUBTAPE_TEST_ADDRESS"

// children are what the program of a Command does, and its exit code.
var children = map[string]func() int{
	"succeed": func() int { return 0 },
	"fail": func() int {
		fmt.Fprintln(os.Stderr, "Failed to notify: no socket")
		return 3
	},
	"chat": func() int {
		fmt.Print(strings.Repeat("blah", 100_000))
		return 1
	},
	"args": func() int {
		fmt.Print(strings.Join(os.Args[1:], "|"))
		return 1
	},
	"hang": hang,
	"leave": func() int { // behind a program that keeps the output open
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=hang")
		cmd.Stdout = os.Stdout
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			return 1
		}
		return 0
	},
}

func hang() int {
	conn, err := net.Dial("tcp", os.Getenv(addressEnv))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	_, _ = io.Copy(io.Discard, conn)
	return 0
}

// begun listens for children that hang, which end with the test.
func begun(t *testing.T) (conns chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Setenv(addressEnv, l.Addr().String())
	conns, done := make(chan net.Conn, 10), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns <- conn
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		<-done
		close(conns)
		for conn := range conns {
			require.NoError(t, conn.Close())
		}
	})
	return conns
}

// self is this test binary as a Command that does one thing.
func self(t *testing.T, does string, args ...string) watchdog.Command {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	t.Setenv(childEnv, does)
	return watchdog.Command{Args: append([]string{path}, args...), Timeout: time.Minute}
}

func TestCommand(t *testing.T) {
	ctx := context.Background()
	require.NoError(t, self(t, "succeed").Pat(ctx), "GW-156")

	err := self(t, "fail").Pat(ctx)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "GW-156 it must succeed")
	require.Equal(t, 3, exit.ExitCode())
	require.ErrorContains(t, err, "pat the external watchdog by \"")
	require.ErrorContains(t, err, `it said "Failed to notify: no socket"`)

	require.ErrorContains(t, self(t, "args", "--pid=7", "WATCHDOG=1").Pat(ctx), `it said "--pid=7|WATCHDOG=1"`)

	err = self(t, "chat").Pat(ctx)
	require.ErrorContains(t, err, "blahblah")
	require.Less(t, len(err.Error()), 600, "only the beginning")

	err = watchdog.Command{Args: []string{"hubtape-no-such-program"}}.Pat(ctx)
	require.ErrorIs(t, err, exec.ErrNotFound)
	require.NoError(t, watchdog.Command{}.Pat(ctx), "GW-155 without arguments nothing is run")
	require.NoError(t, watchdog.Command{Args: []string{}}.Pat(ctx), "GW-155")
	require.Error(t, watchdog.Command{Args: []string{""}}.Pat(ctx))
}

func TestCommandTakesTooLong(t *testing.T) {
	begun(t)
	c := self(t, "hang")
	c.Timeout = 50 * time.Millisecond
	require.ErrorContains(t, c.Pat(context.Background()), "it has not ended within 50ms and was killed")
}

func TestCommandIsCancelled(t *testing.T) {
	conns := begun(t)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	c := self(t, "hang")
	go func() { failed <- c.Pat(ctx) }()
	conn := <-conns
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.NoError(t, conn.Close())
}

// The program has ended, but what it has begun holds on to its output.
func TestCommandLeavesSomethingBehind(t *testing.T) {
	conns := begun(t)
	require.ErrorIs(t, self(t, "leave").Pat(context.Background()), exec.ErrWaitDelay)
	require.NoError(t, (<-conns).Close())
}

// The command runs beside the loop.
func TestCommandOfAWatchdog(t *testing.T) {
	clocktest.NotInDigest(t)
	conns := begun(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	err := rt.Run("test", func() {
		r := newRig(t, rt, watchdog.Options{Every: 10 * time.Millisecond, External: self(t, "hang")})
		r.Start()
		var conn net.Conn
		_, err := r.loop.Every(time.Millisecond, func() {
			if conn == nil && len(conns) > 0 { // the command runs, and the loop goes on
				conn = <-conns
				r.loop.StopAfter(50*time.Millisecond, 0)
			}
		})
		require.NoError(t, err)
		r.loop.Run()
		require.Empty(t, conns, "it is not run twice at once")
		require.NoError(t, conn.Close())
	})
	require.NoError(t, err)
	require.NoError(t, rt.Close())
}
