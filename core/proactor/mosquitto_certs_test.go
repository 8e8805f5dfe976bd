package proactor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/settings"
)

// authority signs certificates, which it keeps with their keys in a folder.
type authority struct {
	dir    string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	signed int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.key = newKey(t)
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "the house's authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = a.sign(t, a.cert, &a.key.PublicKey)
	writePEM(t, a.file("ca.crt"), "CERTIFICATE", a.cert.Raw)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// sign makes a certificate that holds for the day around now.
func (a *authority) sign(t *testing.T, c *x509.Certificate, of *ecdsa.PublicKey) *x509.Certificate {
	t.Helper()
	a.signed++
	c.SerialNumber = big.NewInt(a.signed)
	c.NotBefore, c.NotAfter = time.Now().Add(-12*time.Hour), time.Now().Add(12*time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, c, a.cert, of, a.key)
	require.NoError(t, err)
	signed, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return signed
}

// issue writes a certificate and its key for a server on this machine, or for a
// client: the files as settings name them.
func (a *authority) issue(t *testing.T, name string, usage x509.ExtKeyUsage) settings.TLSPaths {
	t.Helper()
	key := newKey(t)
	cert := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &key.PublicKey)
	text, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	writePEM(t, a.file(name+".crt"), "CERTIFICATE", cert.Raw)
	writePEM(t, a.file(name+".pem"), "PRIVATE KEY", text)
	return settings.TLSPaths{CACert: a.file("ca.crt"), Cert: a.file(name + ".crt"), PrivateKey: a.file(name + ".pem")}
}

// client issues a client's.
func (a *authority) client(t *testing.T, name string) *settings.TLSPaths {
	t.Helper()
	paths := a.issue(t, name, x509.ExtKeyUsageClientAuth)
	return &paths
}

// server issues the hub's, as lines of its configuration: whoever connects has to
// show a certificate too.
func (a *authority) server(t *testing.T) []string {
	t.Helper()
	paths := a.issue(t, "hub", x509.ExtKeyUsageServerAuth)
	return []string{"cafile " + paths.CACert, "certfile " + paths.Cert, "keyfile " + paths.PrivateKey, "require_certificate true"}
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}
