package conn_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/broker/brokertest"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// setup is how a broker is set up for a test.
type setup struct {
	scheme    string // of the address
	wantsCert bool   // of the client
	users     bool   // user "u" with the password "right" may read and write "open/#" only
}

// served is a broker of package broker.
type served struct {
	address string
	stop    func() // may be called again
}

func serve(t testing.TB, s setup) *served {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	o := broker.Options{Runtime: rt}
	if s.users {
		users, err := broker.NewUsers(broker.User{Name: "u", Password: "right", Read: []string{"open/#"}, Write: []string{"open/#"}})
		require.NoError(t, err)
		o.Auth = users
	}
	b, err := broker.New(o)
	require.NoError(t, err)
	listen := broker.ListenOptions{Address: "127.0.0.1:0", WebSocket: s.scheme == "ws" || s.scheme == "wss"}
	if s.scheme == "mqtts" || s.scheme == "wss" {
		id := certificates(t)
		listen.TLS = &tls.Config{Certificates: []tls.Certificate{id.server}}
		if s.wantsCert {
			listen.TLS.ClientAuth, listen.TLS.ClientCAs = tls.RequireAndVerifyClientCert, id.pool
		}
	}
	var addr net.Addr
	runErr := rt.Run("serve", func() { addr, err = b.Serve(listen) })
	require.NoError(t, errors.Join(runErr, err))
	stopped := false
	out := &served{address: s.scheme + "://" + addr.String()}
	out.stop = func() {
		if stopped {
			return
		}
		stopped = true
		runErr := rt.Run("close the broker", func() { err = b.Close() })
		require.NoError(t, errors.Join(runErr, err, rt.Close()))
	}
	t.Cleanup(out.stop)
	return out
}

// mosquitto runs a real one.
func mosquitto(t testing.TB, s setup) string {
	t.Helper()
	var settings []string
	if s.scheme == "ws" || s.scheme == "wss" {
		settings = append(settings, "protocol websockets")
	}
	if s.scheme == "mqtts" || s.scheme == "wss" {
		dir := certificates(t).dir
		settings = append(settings,
			"cafile "+filepath.Join(dir, "ca.pem"), "certfile "+filepath.Join(dir, "server.pem"), "keyfile "+filepath.Join(dir, "server.key"))
		if s.wantsCert {
			settings = append(settings, "require_certificate true")
		}
	}
	if s.users {
		dir := t.TempDir()
		passwords, acl := filepath.Join(dir, "passwords"), filepath.Join(dir, "acl")
		require.NoError(t, os.WriteFile(passwords, []byte("u:right\n"), 0o600))
		if err := exec.Command("mosquitto_passwd", "-U", passwords).Run(); err != nil {
			t.Skipf("mosquitto_passwd does not work: %v", err)
		}
		require.NoError(t, os.WriteFile(acl, []byte("user u\ntopic readwrite open/#\n"), 0o600))
		settings = append(settings, "allow_anonymous false", "password_file "+passwords, "acl_file "+acl)
	}
	// mosquitto 2.0.11 changes the order of what waits while 20, its default, are
	// under way to a client of 3.1.1.
	settings = append(settings, "max_queued_messages 0", "max_inflight_messages 2000")
	return s.scheme + "://" + brokertest.StartMosquitto(t, settings...)
}

// column is a broker, a version and a way to connect.
type column struct {
	conn.Options
	// burst is how many messages of QoS 1 and 2 the broker may have under way to
	// one subscriber. Mochi takes a read lock twice there (Inflight.NextImmediate
	// and GetAll), which hangs when another message comes between the two.
	burst int
}

// each runs a test with each broker, version and way to connect that there is.
func each(t *testing.T, test func(t *testing.T, c column)) {
	for _, scheme := range []string{"mqtt", "mqtts", "ws", "wss"} {
		for _, v := range []conn.Version{conn.V311, conn.V5} {
			t.Run(fmt.Sprintf("served/%s/%s", scheme, v), func(t *testing.T) {
				test(t, column{options(t, serve(t, setup{scheme: scheme}).address, v), 1})
			})
			t.Run(fmt.Sprintf("mosquitto/%s/%s", scheme, v), func(t *testing.T) {
				if scheme == "ws" || scheme == "wss" {
					needsWebSockets(t)
				}
				test(t, column{options(t, mosquitto(t, setup{scheme: scheme}), v), 300})
			})
		}
	}
}

var websocketsOnce sync.Once

var noWebSockets string // why there are none; "" if there are

// needsWebSockets: mosquitto can be built without them, and in some containers
// cannot open their listener.
func needsWebSockets(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		t.Skip("mosquitto is not installed; make test-peers installs it")
	}
	websocketsOnce.Do(func() {
		config := filepath.Join(t.TempDir(), "mosquitto.conf")
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		text := fmt.Sprintf("listener %d 127.0.0.1\nprotocol websockets\n", l.Addr().(*net.TCPAddr).Port)
		require.NoError(t, l.Close())
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		cmd := exec.Command(path, "-c", config)
		log, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		noWebSockets = "its log ends without a word"
		for s := bufio.NewScanner(log); s.Scan(); {
			noWebSockets = s.Text()
			if strings.Contains(noWebSockets, " running") {
				noWebSockets = ""
				break
			}
		}
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	if noWebSockets != "" {
		t.Skipf("this mosquitto serves no WebSockets: %s", noWebSockets)
	}
}

func options(t testing.TB, address string, v conn.Version) conn.Options {
	t.Helper()
	return conn.Options{Broker: address, Version: v, TLS: &tls.Config{RootCAs: certificates(t).pool}}
}
