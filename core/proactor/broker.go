package proactor

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// brokerOptions reads the TLS files of a broker, and makes settings the options
// of a connection.
func brokerOptions(b settings.MQTTClient) (o link.DialOptions, err error) {
	scheme := "mqtt"
	if b.TLS.Use {
		scheme = "mqtts"
		if o.TLS, err = tlsConfig(b.TLS); err != nil {
			return o, err
		}
	}
	o.Broker = scheme + "://" + net.JoinHostPort(b.Host, strconv.Itoa(b.EffectivePort()))
	o.User, o.Password = b.Username, b.Password.Reveal()
	o.KeepAlive = time.Duration(b.KeepAliveSeconds) * time.Second
	if b.BindAddress != "" || b.BindPort != 0 {
		o.LocalAddr = net.JoinHostPort(b.BindAddress, strconv.Itoa(b.BindPort))
	}
	return o, nil
}

// tlsConfig trusts the authority of the settings, and shows the certificate if
// there is one.
func tlsConfig(t settings.TLS) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.Paths.CACert != "" {
		text, err := os.ReadFile(t.Paths.CACert)
		if err != nil {
			return nil, fmt.Errorf("the CA certificate: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("the CA certificate: %s holds no certificate in PEM form", t.Paths.CACert)
		}
	}
	if t.Paths.Cert == "" {
		return c, nil
	}
	pair, err := keyPair(t)
	if err != nil {
		return nil, fmt.Errorf("the client certificate: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// keyPair reads a certificate and its key, which must not be encrypted.
func keyPair(t settings.TLS) (tls.Certificate, error) {
	cert, err := os.ReadFile(t.Paths.Cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := os.ReadFile(t.Paths.PrivateKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	if block, _ := pem.Decode(key); block != nil && (block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "") {
		return tls.Certificate{}, errors.New("the private key " + t.Paths.PrivateKey + " is encrypted: write it without a password (openssl pkey -in KEY -out KEY) into a folder that only this program can read")
	}
	return tls.X509KeyPair(cert, key)
}
