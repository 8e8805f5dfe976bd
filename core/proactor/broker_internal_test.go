package proactor

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

func TestBrokerOptions(t *testing.T) {
	b := settings.NewMQTTClient()
	b.Host, b.Username, b.Password, b.TLS.Use = "hub", "me", settings.NewSecret("x"), false
	o, err := brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, link.DialOptions{Broker: "mqtt://hub:1883", User: "me", Password: "x", KeepAlive: time.Minute}, o)

	b.KeepAliveSeconds, b.BindAddress, b.BindPort = 7, "10.0.0.2", 0
	o, err = brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, 7*time.Second, o.KeepAlive)
	require.Equal(t, "10.0.0.2:0", o.LocalAddr)

	b.BindAddress, b.BindPort = "", 1900
	o, err = brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, ":1900", o.LocalAddr)
}

func TestBrokerOptionsWithTLS(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	b := settings.NewMQTTClient()
	b.Host, b.Username, b.Password = "hub", "me", settings.NewSecret("secret")
	o, err := brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, []string{"mqtts://hub:8883", "me", "secret"}, []string{o.Broker, o.User, o.Password})
	require.EqualValues(t, tls.VersionTLS12, o.TLS.MinVersion)

	b.Host, b.TLS.Use = "::1", false
	o, err = brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, "mqtt://[::1]:1883", o.Broker)
	require.Nil(t, o.TLS)

	b.TLS.Use = true
	for says, paths := range map[string]settings.TLSPaths{
		"the CA certificate: open ":        {CACert: filepath.Join(dir, "none.crt")},
		"empty.crt holds no certificate":   {CACert: file("empty.crt", "nothing")},
		"the client certificate: open ":    {Cert: filepath.Join(dir, "none.crt")},
		"client.pem is encrypted: write":   {Cert: file("client.crt", "x"), PrivateKey: file("client.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")},
		"old.pem is encrypted: write":      {Cert: file("client.crt", "x"), PrivateKey: file("old.pem", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")},
		"the client certificate: tls: fai": {Cert: file("client.crt", "x"), PrivateKey: file("bad.pem", "x")},
	} {
		b.TLS.Paths = paths
		_, err := brokerOptions(b)
		require.ErrorContains(t, err, says)
	}
}
