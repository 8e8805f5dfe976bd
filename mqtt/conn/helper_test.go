package conn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// listener is a connection and what it has heard.
type listener struct {
	*conn.Conn
	heard chan conn.Incoming
	lost  chan error
}

// dial connects, with a channel for what comes, and closes with the test.
func dial(t testing.TB, o conn.Options) *listener {
	t.Helper()
	l, err := try(t, o)
	require.NoError(t, err)
	return l
}

func try(t testing.TB, o conn.Options) (*listener, error) {
	t.Helper()
	l := &listener{heard: make(chan conn.Incoming, 10_000), lost: make(chan error, 10)}
	if o.OnMessage == nil {
		o.OnMessage = func(in conn.Incoming) { l.heard <- in }
	}
	o.OnLost = func(err error) { l.lost <- err }
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	var err error
	if l.Conn, err = conn.Dial(t.Context(), o); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = l.Close() }) // it may have been lost with something under way
	return l, nil
}

func (l *listener) subscribe(t testing.TB, subs ...conn.Subscription) {
	t.Helper()
	require.NoError(t, l.Subscribe(t.Context(), subs...))
}

// hear waits for the next message.
func (l *listener) hear(t testing.TB) conn.Incoming {
	t.Helper()
	return next(t, "a message", l.heard)
}

func next[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// publish sends messages and waits until all are done.
func (l *listener) publish(t testing.TB, messages ...mqtt.Message) {
	t.Helper()
	done := make(chan error, len(messages))
	for _, m := range messages {
		require.NoError(t, l.Publish(m, func(err error) { done <- err }))
	}
	for range messages {
		require.NoError(t, next(t, "an acknowledgement", done))
	}
}

// identity is a certificate authority, a server of 127.0.0.1 and a client.
type identity struct {
	pool           *x509.CertPool
	server, client tls.Certificate
	dir            string // ca.pem, server.pem, server.key
}

var (
	identityOnce sync.Once
	theIdentity  identity
)

func certificates(t testing.TB) identity {
	t.Helper()
	identityOnce.Do(func() {
		authority := issue(t, "authority", nil, true)
		theIdentity.server = issue(t, "server", &authority, false)
		theIdentity.client = issue(t, "client", &authority, false)
		theIdentity.pool = x509.NewCertPool()
		theIdentity.pool.AddCert(authority.Leaf)
	})
	id := theIdentity
	id.dir = t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(id.server.PrivateKey)
	require.NoError(t, err)
	authority := id.server.Certificate[1]
	for name, b := range map[string]*pem.Block{
		"ca.pem":     {Type: "CERTIFICATE", Bytes: authority},
		"server.pem": {Type: "CERTIFICATE", Bytes: id.server.Certificate[0]},
		"server.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(id.dir, name), pem.EncodeToMemory(b), 0o600))
	}
	return id
}

func issue(t testing.TB, name string, by *tls.Certificate, authority bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name))), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: authority, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	c := tls.Certificate{PrivateKey: key}
	parent, signer := template, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	c.Certificate = [][]byte{der}
	if by != nil {
		c.Certificate = append(c.Certificate, by.Certificate...)
	}
	c.Leaf, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	return c
}
