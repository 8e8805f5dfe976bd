package hub_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/recorder/deck"
)

//go:embed testdata/peer.py
var peerPython string

//go:embed testdata/peer.js
var peerNode string

// authority makes a CA of our own and a certificate for 127.0.0.1; ca is the path
// of the CA's.
func authority(t *testing.T) (server *tls.Config, pool *x509.CertPool, ca string) {
	t.Helper()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the house"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &caKey.PublicKey, caKey)
	require.NoError(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "hub"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, caKey)
	require.NoError(t, err)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	rootPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	require.NoError(t, os.WriteFile(ca, rootPEM, 0o600))
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(rootPEM))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: key}}}, pool, ca
}

// peerLimit is the largest payload in the tests with real clients.
const peerLimit = 10_000

// secureHouse is a hub with TLS, WebSockets and one user, who may all below own/.
func secureHouse(t *testing.T) (h *house, pool *x509.CertPool, ca string) {
	server, pool, ca := authority(t)
	h = open(t, hub.Options{
		Listen: []hub.Listen{
			{Address: "127.0.0.1:0", Secure: true, TLS: server},
			{Address: "127.0.0.1:0", Secure: true, TLS: server, WebSocket: true},
		},
		Users:      users(t, `users: [{name: u, password: "right", read: ["own/#"], write: ["own/#"]}]`),
		MaxPayload: peerLimit,
	}, deck.Options{})
	return h, pool, ca
}

// check looks what is on the tape after a client said what each of them says.
func (h *house) checkPeer(t *testing.T, ids ...string) {
	t.Helper()
	all := h.tape()
	for _, id := range ids {
		own := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return !strings.HasPrefix(l, "message "+id+" ") })
		require.Equal(t, []string{
			"message " + id + " own/" + id + "=zero/0", "message " + id + " own/" + id + "=one/1", "message " + id + " own/" + id + "=two/2",
		}, own, strings.Join(all, "\n"))
	}
	require.NotContains(t, strings.Join(all, "\n"), "forbidden")
	require.NotZero(t, h.Clients().RefusedLogins)
	require.NotZero(t, h.Clients().RefusedPublishes)
	require.NotContains(t, h.log.String(), "wrong")
	require.NotContains(t, h.log.String(), "right")
}

func TestPahoGo(t *testing.T) {
	h, pool, _ := secureHouse(t)
	var ids []string
	for i, scheme := range []string{"ssl", "wss"} {
		id := "go-" + scheme
		ids = append(ids, id)
		lost := make(chan error, 1)
		options := func(password string) *paho.ClientOptions {
			return pahoClient(fmt.Sprintf("%s://%s", scheme, h.Addresses()[i]), id, password, &tls.Config{RootCAs: pool}, lost)
		}
		done := func(token paho.Token) error {
			require.True(t, token.WaitTimeout(patience))
			return token.Error()
		}
		require.ErrorContains(t, done(paho.NewClient(options("wrong")).Connect()), "not Authorized")
		c := paho.NewClient(options("right"))
		require.NoError(t, done(c.Connect()))
		got := make(chan string, 10)
		require.NoError(t, done(c.Subscribe("own/#", 2, func(_ paho.Client, m paho.Message) { got <- string(m.Payload()) })))
		refused := c.Subscribe("forbidden", 0, nil).(*paho.SubscribeToken)
		_ = done(refused) // this version of paho takes 0x80 for success, others for an error
		require.EqualValues(t, 0x80, refused.Result()["forbidden"])
		require.NoError(t, done(c.Publish("forbidden", 0, false, "x"))) // 3.1.1 has no word for it
		for qos, text := range []string{"zero", "one", "two"} {
			require.NoError(t, done(c.Publish("own/"+id, byte(qos), false, text)))
			select {
			case m := <-got:
				require.Equal(t, text, m)
			case <-time.After(patience):
				t.Fatal("nothing came back")
			}
		}
		ended := func() {
			select {
			case <-lost:
			case <-time.After(patience):
				t.Fatal("the connection never ended")
			}
		}
		c.Publish("forbidden", 1, false, "x") // the connection is closed (3.3.5)
		ended()
		require.NoError(t, done(c.Connect()))
		c.Publish("own/"+id, 1, false, make([]byte, peerLimit+1))
		ended()
	}
	h.checkPeer(t, ids...)
}

func pahoClient(url, id, password string, cfg *tls.Config, lost chan<- error) *paho.ClientOptions {
	return paho.NewClientOptions().AddBroker(url).SetClientID(id).SetUsername("u").SetPassword(password).SetTLSConfig(cfg).
		SetAutoReconnect(false).SetProtocolVersion(4).SetCleanSession(true).SetResumeSubs(false).
		SetConnectTimeout(patience).SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
}

// runPeer runs a program that says to the hub what TestPahoGo says, in both
// versions, and checks the answers by itself.
func runPeer(t *testing.T, h *house, ca, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	_, plain, _ := net.SplitHostPort(h.Addresses()[0].String())
	_, web, _ := net.SplitHostPort(h.Addresses()[1].String())
	out, err := exec.CommandContext(ctx, program, append(args, plain, web, ca, fmt.Sprint(peerLimit))...).CombinedOutput()
	require.NoError(t, err, "%s\nlog: %s", out, h.log)
}

func TestPahoPython(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import paho.mqtt").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("there is no Python with paho-mqtt; make test-peers installs it")
	}
	h, _, ca := secureHouse(t)
	script := filepath.Join(t.TempDir(), "peer.py")
	require.NoError(t, os.WriteFile(script, []byte(peerPython), 0o600))
	runPeer(t, h, ca, python, script)
	h.checkPeer(t, "py-4", "py-5", "py-ws")
}

func TestNodeMQTT(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is not installed")
	}
	modules := nodeModules(t, npm)
	h, _, ca := secureHouse(t)
	script := filepath.Join(modules, "peer-"+fmt.Sprint(os.Getpid())+".js")
	require.NoError(t, os.WriteFile(script, []byte(peerNode), 0o600))
	t.Cleanup(func() { _ = os.Remove(script) })
	runPeer(t, h, ca, node, script)
	h.checkPeer(t, "node-4", "node-5", "node-ws")
}

// nodeVersion is of the package mqtt.
const nodeVersion = "5.10.1"

// nodeModules is a folder with Node's package mqtt, kept between runs.
func nodeModules(t *testing.T, npm string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	dir := filepath.Join(cache, "hubtape-tests", "node-mqtt-"+nodeVersion)
	if _, err := os.Stat(filepath.Join(dir, "installed")); err == nil {
		return dir
	}
	if os.Getenv("HUBTAPE_PEERS") == "" {
		t.Skip("Node's package mqtt is not installed; make test-peers installs it")
	}
	require.NoError(t, os.MkdirAll(dir, 0o700))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "mqtt@"+nodeVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("Node's package mqtt cannot be installed: %v: %s", err, out)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "installed"), nil, 0o600))
	return dir
}
