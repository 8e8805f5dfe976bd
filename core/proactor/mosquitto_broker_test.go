package proactor_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// hub is a mosquitto on one port, which can be killed and started again.
type hub struct {
	program string
	config  string // its file
	port    int
	process *exec.Cmd // nil: it does not run
}

// newHub makes a hub that does not run; without mosquitto the test is skipped.
// The settings are further lines of its configuration.
func newHub(t *testing.T, settings ...string) *hub {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/mosquitto") // where Debian puts it, often not in PATH
	}
	if err != nil {
		t.Skip("mosquitto is not installed: make test-peers installs it")
	}
	h := &hub{program: program, config: filepath.Join(t.TempDir(), "mosquitto.conf"), port: freePort(t)}
	lines := []string{fmt.Sprintf("listener %d 127.0.0.1", h.port), "allow_anonymous true", "persistence false", "max_queued_messages 0"}
	if me, err := user.Current(); err == nil && me.Uid == "0" {
		lines = append(lines, "user root") // or it cannot read the test's folder
	}
	text := strings.Join(append(lines, settings...), "\n") + "\n"
	require.NoError(t, os.WriteFile(h.config, []byte(text), 0o600))
	t.Cleanup(h.kill)
	return h
}

// freePort is below those that systems take for outgoing connections: nobody gets
// it by chance while the hub is away.
func freePort(t *testing.T) int {
	t.Helper()
	for port := 20_000 + os.Getpid()%10_000; port < 32_000; port++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		require.NoError(t, ln.Close())
		return port
	}
	t.Fatal("no port is free")
	return 0
}

// start returns when the hub takes connections.
func (h *hub) start(t *testing.T, ctx context.Context) {
	t.Helper()
	said := newJournal()
	h.process = exec.Command(h.program, "-c", h.config)
	h.process.Stderr = said
	require.NoError(t, h.process.Start())
	said.await(t, ctx, 1, "mosquitto version", "running")
}

// kill gives the hub no time for anything.
func (h *hub) kill() {
	if h.process == nil || h.process.Process == nil {
		return
	}
	_ = h.process.Process.Kill() // it may have ended by itself
	_ = h.process.Wait()         // it was killed
	h.process = nil
}

// journal collects lines that somebody writes, and lets tests wait for some.
type journal struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed with the next line
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write adds whole lines, from any goroutine.
func (j *journal) Write(lines []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	close(j.changed)
	j.changed = make(chan struct{})
	return j.text.Write(lines)
}

// await waits until n lines have all the parts, and returns the last of them.
func (j *journal) await(t *testing.T, ctx context.Context, n int, parts ...string) string {
	t.Helper()
	for {
		found, changed := j.lines(parts)
		if len(found) >= n {
			return found[n-1]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d of %d lines with %q were written; all there is:\n%s", len(found), n, parts, j)
		}
	}
}

func (j *journal) lines(parts []string) (found []string, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if hasAll(line, parts) {
			found = append(found, line)
		}
	}
	return found, j.changed
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func hasAll(line string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(line, part) {
			return false
		}
	}
	return true
}
