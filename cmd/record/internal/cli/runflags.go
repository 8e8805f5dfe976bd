package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/spf13/cobra"
)

// passwordEnv names the environment variable with the broker's password.
const passwordEnv = "HUBTAPE_PASSWORD"

// runFlags are the flags of `record run`.
type runFlags struct {
	broker, out     string
	topics, exclude []string
	duration        duration
	qos             uint8
	clientID        string
	ca, cert, key   string
	insecure        bool
	passwordFile    string
	labels          []string
	timeScale       uint16
	start           string
}

func (f *runFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.broker, "broker", "", "`URL` of the broker: mqtt://, mqtts://, ws:// or wss://, a user may stand in it")
	s.StringVarP(&f.out, "output", "o", "", "`file` to record to; it must not exist")
	s.StringArrayVar(&f.topics, "topic", nil, "topic `filter` to subscribe to; may be given again (default #)")
	s.StringArrayVar(&f.exclude, "exclude", nil, "keep no topics that match this `filter`; may be given again")
	s.Var(&f.duration, "duration", "stop after this time, like 8h or 2d (default: when told to)")
	s.Uint8Var(&f.qos, "qos", 0, "QoS to subscribe with: 0, 1 or 2")
	s.StringVar(&f.clientID, "client-id", "", "how to call ourselves to the broker (default hubtape- and a number)")
	s.StringVar(&f.passwordFile, "password-file", "", "`file` whose first line is the password (default: $"+passwordEnv+")")
	s.StringVar(&f.ca, "ca", "", "PEM `file` with the certificates to trust")
	s.StringVar(&f.cert, "cert", "", "PEM `file` with our certificate, with --key")
	s.StringVar(&f.key, "key", "", "PEM `file` with our key, with --cert")
	s.BoolVar(&f.insecure, "insecure", false, "do not check the broker's certificate")
	s.StringArrayVar(&f.labels, "label", nil, "put a label `key=value` on the tape; may be given again")
	s.Uint16Var(&f.timeScale, "time-scale", 1, "the hub's clock runs `N` times as fast as real time: for recording a simulated hub; --duration is on its clock too")
	s.StringVar(&f.start, "start", "", "what the hub's clock shows at the start, as in `2026-01-10T17:00:00+01:00` (default: now)")
}

func (f *runFlags) options(a *app) (capture.Options, error) {
	if f.broker == "" {
		return capture.Options{}, usagef("it needs --broker URL, like mqtt://hub")
	}
	o := capture.Options{
		Broker: f.broker, ClientID: f.clientID, Topics: f.topics, Exclude: f.exclude, QoS: f.qos, Log: a.log,
	}
	if f.timeScale == 0 {
		return o, usagef("--time-scale 0: a clock that stands still cannot be recorded; give 1 or more")
	}
	o.TimeScale = int(f.timeScale)
	var err error
	if f.start != "" {
		if o.Date, err = time.Parse(time.RFC3339Nano, f.start); err != nil {
			return o, usagef("--start %q is no instant; write it like 2026-01-10T17:00:00+01:00", f.start)
		}
	}
	u, err := capture.ParseBroker(f.broker)
	if err != nil {
		return o, err
	}
	if _, has := u.User.Password(); has {
		a.log.Warn("the password in the URL can be seen by other users of this machine; use " + passwordEnv + " or --password-file")
	}
	if o.Password, err = f.password(); err != nil {
		return o, err
	}
	if o.TLS, err = f.tls(); err != nil {
		return o, err
	}
	return o, o.Validate()
}

func (f *runFlags) password() (string, error) {
	if f.passwordFile == "" {
		return os.Getenv(passwordEnv), nil
	}
	b, err := os.ReadFile(f.passwordFile)
	if err != nil {
		return "", usagef("--password-file: %s", oneSentence(err))
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// tls returns nil when no flag asks for anything special.
func (f *runFlags) tls() (*tls.Config, error) {
	if f.ca == "" && f.cert == "" && f.key == "" && !f.insecure {
		return nil, nil //nolint:nilnil // nil: the system's certificates
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.insecure} //nolint:gosec // the user asked for it
	if f.ca != "" {
		pem, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, usagef("--ca: %s", oneSentence(err))
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("--ca: %s: there is no certificate in PEM form in it", f.ca)
		}
	}
	if f.cert == "" && f.key == "" {
		return c, nil
	}
	if f.cert == "" || f.key == "" {
		return nil, usagef("--cert and --key belong together; give both")
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	var path *os.PathError
	if errors.As(err, &path) {
		return nil, usagef("--cert, --key: %s", oneSentence(err))
	}
	if err != nil {
		return nil, usagef("--cert %s, --key %s: %v", f.cert, f.key, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}
