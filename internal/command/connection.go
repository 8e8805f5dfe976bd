package command

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/spf13/cobra"
)

// Environment variables that stand in for flags, so that nothing secret has to
// be in a command line, which every user of a machine can read.
const (
	BrokerEnv   = "HUBTAPE_BROKER_URL"
	UserEnv     = "HUBTAPE_USER"
	PasswordEnv = "HUBTAPE_PASSWORD"
)

// Connection are the flags that say who we are to a broker, and how to talk to
// it.
type Connection struct {
	version      string
	clientID     string
	passwordFile string
	trust        Trust
}

// Register adds the flags to a command.
func (c *Connection) Register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&c.version, "mqtt-version", "auto", "5, 3.1.1, or auto: 5 where the broker speaks it")
	s.StringVar(&c.clientID, "client-id", "", "how to call ourselves to the broker (default hubtape- and a number)")
	s.StringVar(&c.passwordFile, "password-file", "", "`file` whose first line is the password (default: $"+PasswordEnv+")")
	c.trust.register(cmd)
}

// Options reads the flags for the broker at an address. name is that of one of
// several brokers, whose password may stand in a variable of its own; visible
// says that the address stands in a command line.
func (c *Connection) Options(address, name string, visible bool, log *slog.Logger) (o conn.Options, err error) {
	u, err := conn.Parse(address)
	if err != nil {
		return o, err
	}
	o = conn.Options{Broker: address, ClientID: c.clientID}
	if o.Version, err = conn.ParseVersion(c.version); err != nil {
		return o, Usagef("--mqtt-version: %s", err)
	}
	if o.TLS, err = c.trust.config(); err != nil {
		return o, err
	}
	if _, has := u.User.Password(); has && visible {
		log.Warn("the password in the URL can be seen by other users of this machine; use " + PasswordEnv + " or --password-file")
	}
	if u.User.Username() == "" {
		o.User = os.Getenv(UserEnv)
	}
	password, err := c.password(name)
	switch {
	case err != nil:
		return o, err
	case o.User != "" || u.User.Username() != "":
		o.Password = password
	case c.passwordFile != "": // one in the environment may be meant for something else
		return o, Usagef("--password-file is of no use without a user: put the user into the URL, like mqtt://user@hub, or into $%s", UserEnv)
	}
	return o, nil
}

func (c *Connection) password(name string) (string, error) {
	own := PasswordEnv + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if p, ok := os.LookupEnv(own); ok && name != "" {
		return p, nil
	}
	if c.passwordFile == "" {
		return os.Getenv(PasswordEnv), nil
	}
	b, err := os.ReadFile(c.passwordFile)
	if err != nil {
		return "", Usagef("--password-file: %s", OneSentence(err))
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", Usagef("--password-file: the first line of %s is empty; it should be the password", c.passwordFile)
	}
	return line, nil
}

// Trust are the flags of certificates.
type Trust struct {
	ca, cert, key string
	insecure      bool
}

func (t *Trust) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&t.ca, "ca", "", "PEM `file` with the certificates to trust")
	s.StringVar(&t.cert, "cert", "", "PEM `file` with our certificate, with --key")
	s.StringVar(&t.key, "key", "", "PEM `file` with our key, with --cert")
	s.BoolVar(&t.insecure, "insecure", false, "do not check the broker's certificate")
}

// config returns nil when no flag asks for anything special.
func (t *Trust) config() (*tls.Config, error) {
	if *t == (Trust{}) {
		return nil, nil //nolint:nilnil // nil: the system's certificates
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.insecure} //nolint:gosec // the user asked for it
	if t.ca != "" {
		pool, err := LoadCA("--ca", t.ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	}
	if t.cert == "" && t.key == "" {
		return c, nil
	}
	pair, err := LoadPair(t.cert, t.key)
	c.Certificates = []tls.Certificate{pair}
	return c, err
}

// LoadCA reads the certificates to trust that a flag names.
func LoadCA(flag, path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, Usagef("%s: %s", flag, OneSentence(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, Usagef("%s: %s: there is no certificate in PEM form in it", flag, path)
	}
	return pool, nil
}

// LoadPair reads the certificate and its key that --cert and --key name.
func LoadPair(cert, key string) (tls.Certificate, error) {
	if cert == "" || key == "" {
		return tls.Certificate{}, Usagef("--cert and --key belong together; give both")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	var path *os.PathError
	if errors.As(err, &path) {
		return pair, Usagef("--cert, --key: %s", OneSentence(err))
	}
	if err != nil {
		return pair, Usagef("--cert %s, --key %s: %v", cert, key, err)
	}
	return pair, nil
}
