package watchdog_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// listen makes a socket as systemd has one, and the environment that tells of it.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such sockets")
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "20000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	return conn
}

// inTemp is a path that is short enough for a socket.
func inTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "s")
}

func heard(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 100)
	n, err := conn.Read(b)
	require.NoError(t, err)
	return string(b[:n])
}

func newNotify(t *testing.T) watchdog.Notify {
	t.Helper()
	n, err := watchdog.NewNotify()
	require.NoError(t, err)
	return n
}

func TestNotify(t *testing.T) {
	names := map[string]func(t *testing.T) string{
		"path": inTemp,
		"abstract": func(t *testing.T) string {
			if runtime.GOOS != "linux" {
				t.Skip("abstract sockets are Linux's")
			}
			return fmt.Sprintf("@hubtape-test-%d", os.Getpid())
		},
	}
	for kind, name := range names {
		t.Run(kind, func(t *testing.T) {
			ctx := context.Background()
			conn := listen(t, name(t))
			n := newNotify(t)
			require.Equal(t, 20*time.Second, n.Watchdog())
			for want, tell := range map[string]func(context.Context) error{
				"READY=1": n.Ready, "WATCHDOG=1": n.Pat, "STOPPING=1": n.Stopping,
			} {
				require.NoError(t, tell(ctx))
				require.Equal(t, want, heard(t, conn))
			}
		})
	}
}

func TestNotifyWithoutWatchdog(t *testing.T) {
	for name, change := range map[string]func(t *testing.T){
		"no interval":     func(t *testing.T) { t.Setenv("WATCHDOG_USEC", "") },
		"another process": func(t *testing.T) { t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getppid())) },
	} {
		t.Run(name, func(t *testing.T) {
			conn := listen(t, inTemp(t))
			change(t)
			n := newNotify(t)
			require.Zero(t, n.Watchdog())
			require.NoError(t, n.Pat(context.Background()))
			require.NoError(t, n.Ready(context.Background()))
			require.Equal(t, "READY=1", heard(t, conn), "no pat came before it")
		})
	}
	t.Run("any process", func(t *testing.T) {
		listen(t, inTemp(t))
		t.Setenv("WATCHDOG_PID", "")
		require.Equal(t, 20*time.Second, newNotify(t).Watchdog())
	})
}

func TestNotifyNobody(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "1000")
	for _, n := range []watchdog.Notify{{}, newNotify(t)} {
		require.Zero(t, n.Watchdog())
		for _, tell := range []func(context.Context) error{n.Ready, n.Pat, n.Stopping} {
			require.NoError(t, tell(context.Background()))
		}
	}
}

func TestNotifyEnvironment(t *testing.T) {
	for _, c := range []struct{ variable, value, want string }{
		{"NOTIFY_SOCKET", "run/s", `$NOTIFY_SOCKET is "run/s": it must be an absolute path, or @ and a name`},
		{"NOTIFY_SOCKET", "vsock:2:1234", `$NOTIFY_SOCKET is "vsock:2:1234": it must be an absolute path, or @ and a name`},
		{"NOTIFY_SOCKET", "@", `$NOTIFY_SOCKET is "@": it must be an absolute path, or @ and a name`},
		{"WATCHDOG_PID", "x", `$WATCHDOG_PID is "x": it must be the number of a process`},
		{"WATCHDOG_PID", "0", `$WATCHDOG_PID is "0": it must be the number of a process`},
		{"WATCHDOG_USEC", "x", `$WATCHDOG_USEC is "x": it must be a number of microseconds above zero`},
		{"WATCHDOG_USEC", "0", `$WATCHDOG_USEC is "0": it must be a number of microseconds above zero`},
		{"WATCHDOG_USEC", "-1", `$WATCHDOG_USEC is "-1": it must be a number of microseconds above zero`},
		{"WATCHDOG_USEC", "9223372036854776", `$WATCHDOG_USEC is "9223372036854776": it must be a number of microseconds above zero`},
	} {
		t.Run(c.variable+" "+c.value, func(t *testing.T) {
			listen(t, inTemp(t))
			t.Setenv(c.variable, c.value)
			_, err := watchdog.NewNotify()
			require.EqualError(t, err, c.want)
		})
	}
}

func TestNotifyFails(t *testing.T) {
	listen(t, inTemp(t))
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none"))
	err := newNotify(t).Ready(context.Background())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "tell systemd READY=1: ")
}

// A service manager that does not read: what is said waits for room, no longer
// than its context lasts.
func TestNotifyIsNotRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a full socket is an error elsewhere")
	}
	conn := listen(t, inTemp(t))
	n := newNotify(t)
	fill(t, conn.LocalAddr().(*net.UnixAddr))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, n.Pat(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, n.Pat(ctx), context.DeadlineExceeded, "it was over before")

	told := make(chan error)
	go func() { told <- n.Ready(context.Background()) }()
	for text := ""; text != "READY=1"; {
		text = heard(t, conn)
	}
	require.NoError(t, <-told, "there is room again")
}

// fill writes to a socket until it takes no more.
func fill(t *testing.T, to *net.UnixAddr) {
	t.Helper()
	conn, err := net.DialUnix("unixgram", nil, to)
	require.NoError(t, err)
	defer conn.Close()
	for err == nil {
		require.NoError(t, conn.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
		_, err = conn.Write([]byte("STATUS=busy"))
	}
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}
