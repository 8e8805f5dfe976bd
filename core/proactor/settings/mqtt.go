package settings

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// MQTTClient is how to reach a broker.
type MQTTClient struct {
	Host string `setting:"host"`
	// Port is the broker's without TLS; see EffectivePort.
	Port int `setting:"port"`
	// KeepAliveSeconds is how often the client shows that it is there.
	KeepAliveSeconds int    `setting:"keepalive"`
	BindAddress      string `setting:"bind_address"`
	BindPort         int    `setting:"bind_port"`
	Username         string `setting:"username"`
	Password         Secret `setting:"password"`
	TLS              TLS    `setting:"tls"`
}

// TLS says how a connection is protected.
type TLS struct {
	Use bool `setting:"use_tls"`
	// Port is the broker's with TLS.
	Port            int      `setting:"port"`
	Paths           TLSPaths `setting:"paths"`
	KeyfilePassword Secret   `setting:"keyfile_password"`
}

// TLSPaths are files in PEM form. Those that nobody gave are, for a client c:
// <certs>/c/ca.crt, <certs>/c/c.crt and <certs>/c/private/c.pem.
type TLSPaths struct {
	CACert     string `setting:"ca_cert_path"`
	Cert       string `setting:"cert_path"`
	PrivateKey string `setting:"private_key_path"`
}

// SetDefaults makes it a broker on this machine, with TLS.
func (c *MQTTClient) SetDefaults() {
	*c = MQTTClient{Host: "localhost", Port: 1883, KeepAliveSeconds: 60, TLS: TLS{Use: true, Port: 8883}}
}

// NewMQTTClient is a broker on this machine, with TLS.
func NewMQTTClient() (c MQTTClient) {
	c.SetDefaults()
	return c
}

// EffectivePort is the port to connect to, which hangs on whether TLS is used.
func (c MQTTClient) EffectivePort() int {
	if c.TLS.Use {
		return c.TLS.Port
	}
	return c.Port
}

// keepAliveMax is what fits into two bytes [MQTT-3.1.2.10].
const keepAliveMax = 65535

func (c MQTTClient) check(path string, bad func(path, what string)) {
	if c.Host == "" {
		bad(path+".host", "it cannot be empty")
	}
	if c.KeepAliveSeconds < 1 || c.KeepAliveSeconds > keepAliveMax {
		bad(path+".keepalive", fmt.Sprintf("it has to be 1 to %d seconds", keepAliveMax))
	}
	for _, p := range []struct {
		name     string
		port     int
		optional bool
	}{{"port", c.Port, false}, {"tls.port", c.TLS.Port, false}, {"bind_port", c.BindPort, true}} {
		if p.port < 0 || p.port > 65535 || p.port == 0 && !p.optional {
			bad(path+"."+p.name, "a port is 1 to 65535")
		}
	}
}

func (p *TLSPaths) complete(certs, client string) {
	dir := filepath.Join(certs, client)
	orElse(&p.CACert, filepath.Join(dir, "ca.crt"))
	orElse(&p.Cert, filepath.Join(dir, client+".crt"))
	orElse(&p.PrivateKey, filepath.Join(dir, "private", client+".pem"))
}

func orElse(path *string, absent string) {
	if *path == "" {
		*path = absent
	}
}

// MissingFile is a TLS file that a broker needs and that is not there.
type MissingFile struct{ Broker, Setting, Path string }

// MissingTLSFiles asks for each file of each broker that uses TLS whether it
// exists.
func (s Settings) MissingTLSFiles(exists func(path string) bool) (missing []MissingFile) {
	for _, name := range slices.Sorted(maps.Keys(s.MQTTBrokers)) {
		client := s.MQTTBrokers[name]
		if !client.TLS.Use {
			continue
		}
		p := client.TLS.Paths
		for _, f := range []MissingFile{{name, "ca_cert_path", p.CACert}, {name, "cert_path", p.Cert}, {name, "private_key_path", p.PrivateKey}} {
			if !exists(f.Path) {
				missing = append(missing, f)
			}
		}
	}
	return missing
}
