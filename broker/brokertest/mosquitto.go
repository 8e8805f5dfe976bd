package brokertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"
	"time"
)

// MosquittoTraits are where mosquitto 2.0.11 differs from in-process sessions.
var MosquittoTraits = Traits{
	OverlapAtFirst:   true,
	ReplayUnordered:  true,
	SharedUnordered:  true,
	SharedReplays:    true,
	SysPublishSilent: true,
}

// Mosquitto is a column of paho clients over TCP to a real mosquitto, on a free
// port, which ends with the test. Without one installed the test is skipped.
func Mosquitto(t testing.TB) Column {
	t.Helper()
	return Paho(t, "tcp://"+StartMosquitto(t), MosquittoTraits)
}

func findMosquitto() (string, error) {
	if path, err := exec.LookPath("mosquitto"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/mosquitto") // where Debian puts it, often not in PATH
}

// StartMosquitto runs a mosquitto until the test ends, and returns its address;
// without one installed the test is skipped. The settings are further lines of
// its configuration, which is in the test's folder, as is its log: the end of it
// is shown when the test fails.
func StartMosquitto(t testing.TB, settings ...string) (address string) {
	t.Helper()
	path, err := findMosquitto()
	if err != nil {
		t.Skip("mosquitto is not installed: make test-peers installs it")
	}
	const attempts = 5 // somebody else may take the port between finding and using it
	for range attempts {
		address = freeAddress(t)
		if startMosquitto(t, path, address, settings) {
			return address
		}
	}
	t.Fatalf("mosquitto did not start on any of %d ports", attempts)
	return ""
}

func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func startMosquitto(t testing.TB, path, address string, settings []string) bool {
	t.Helper()
	dir := t.TempDir()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("listener %s %s\nallow_anonymous true\npersistence false\nlog_type all\n", port, host)
	if me, err := user.Current(); err == nil && me.Uid == "0" {
		config += "user root\n" // or it cannot read the test's folder
	}
	for _, line := range settings {
		config += line + "\n"
	}
	file := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "mosquitto.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", file)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(gone)
	}()
	stop := func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-gone
		_ = log.Close()
	}
	if !answers(address, gone) {
		stop()
		return false
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			showTail(t, log.Name())
		}
	})
	return true
}

// answers waits until the address takes a connection, or the program ends.
func answers(address string, gone <-chan struct{}) bool {
	give := time.NewTimer(Patience)
	defer give.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if nc, err := net.DialTimeout("tcp", address, Patience); err == nil {
			return nc.Close() == nil
		}
		select {
		case <-again.C:
		case <-gone:
			return false
		case <-give.C:
			return false
		}
	}
}

// showTail puts the end of a log into the test's own.
func showTail(t testing.TB, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Log(err)
		return
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	t.Logf("the last lines of mosquitto:\n%s", bytes.Join(lines[max(0, len(lines)-40):], []byte("\n")))
}
