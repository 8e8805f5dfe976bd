package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/hubtape/hubtape/recorder/redact"
	"github.com/hubtape/hubtape/recorder/retained"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
)

const serveLong = `serve is the broker itself: devices and automations connect to it, MQTT 3.1.1 and
5, and every word of theirs goes on the tape with the client id of who said it:
messages, connects, disconnects, wills and subscriptions.

--users names who may connect and what each may read and write:

  users:
    - name: z2m
      password: "$7$101$…"             # as mosquitto_passwd writes it, or plain text
      read: ["zigbee2mqtt/#"]          # left out: everything; %u is the user, %c the client id
      write: ["zigbee2mqtt/#", "homeassistant/#"]
    - name: ""                         # clients that send no name
      read: ["public/#"]
      write: []

The files of mosquitto are taken too. SIGHUP reads the users again. Without users
everybody may do everything.

The house goes first: when the disk fails the broker goes on without a tape, says
so every minute, and ends with exit code 3 when it is stopped. With --append what
the tape's broker had retained is retained again.`

const serveExample = `  record serve --listen :1883 -o house.hubtape
  record serve --listen mqtts://:8883 --cert hub.pem --key hub.key --users users.yaml -o house.hubtape
  record serve --listen :1883 --listen ws://:9001 --users users.yaml -o house.hubtape --rotate-every 1d --append`

// serveFlags are the flags of `record serve`.
type serveFlags struct {
	listen              []string
	users               string
	mosquittoUsers, acl string
	cert, key, clientCA string
	maxPayload          size
	deliveries          bool
	tape                tapeFlags
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:     "serve --listen ADDR -o FILE",
		Short:   "Be the broker, and record all that its clients say",
		Long:    serveLong,
		Example: serveExample,
		Args:    tapes(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), &f) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringArrayVar(&f.listen, "listen", nil, "`ADDR` to listen on: host:port, :port, or with mqtt://, mqtts://, ws:// or wss:// before it; may be given again")
	s.StringVar(&f.users, "users", "", "`file` with users and what each may read and write")
	s.StringVar(&f.mosquittoUsers, "mosquitto-passwords", "", "in its place: mosquitto's password_file")
	s.StringVar(&f.acl, "mosquitto-acl", "", "and mosquitto's acl_file")
	s.StringVar(&f.cert, "cert", "", "PEM `file` with our certificate, for mqtts and wss")
	s.StringVar(&f.key, "key", "", "PEM `file` with its key")
	s.StringVar(&f.clientCA, "client-ca", "", "PEM `file` with certificates that clients must have theirs from")
	s.Var(&f.maxPayload, "max-payload", "refuse payloads that are larger than this, like 1M (default 256M)")
	s.BoolVar(&f.deliveries, "deliveries", false, "a note for each message that is handed to a client")
	f.tape.register(cmd)
	return cmd
}

func (f *serveFlags) options(a *app) (hub.Options, error) {
	o := hub.Options{MaxPayload: int(f.maxPayload), Deliveries: f.deliveries, Log: a.log}
	if len(f.listen) == 0 {
		return o, usagef("it needs --listen ADDR, like :1883")
	}
	config, err := f.tls()
	if err != nil {
		return o, err
	}
	for _, text := range f.listen {
		l, err := hub.ParseListen(text)
		if err != nil {
			return o, err
		}
		if l.Secure {
			l.TLS = config
		}
		o.Listen = append(o.Listen, l)
	}
	o.Users, err = f.loadUsers(a)
	return o, err
}

// tls returns nil when there is no certificate.
func (f *serveFlags) tls() (*tls.Config, error) {
	if f.cert == "" && f.key == "" {
		if f.clientCA != "" {
			return nil, usagef("--client-ca is for mqtts and wss; give --cert and --key too")
		}
		return nil, nil //nolint:nilnil // nothing is encrypted
	}
	pair, err := command.LoadPair(f.cert, f.key)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if f.clientCA != "" {
		if c.ClientCAs, err = command.LoadCA("--client-ca", f.clientCA); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// loadUsers returns nil when everybody may do everything.
func (f *serveFlags) loadUsers(a *app) (u *hub.Users, err error) {
	switch {
	case f.users != "" && (f.mosquittoUsers != "" || f.acl != ""):
		return nil, usagef("--users and mosquitto's files are two lists of users; give one")
	case f.users != "":
		u, err = hub.LoadUsers(f.users)
	case f.mosquittoUsers != "" || f.acl != "":
		u, err = hub.LoadMosquitto(f.mosquittoUsers, f.acl)
	default:
		return nil, nil //nolint:nilnil // everybody may do everything
	}
	if err != nil {
		return nil, err
	}
	for _, w := range u.Warnings {
		a.log.Warn(w)
	}
	return u, nil
}

func (a *app) serve(ctx context.Context, f *serveFlags) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // from the start: else it would end the program while a tape is read
	defer signal.Stop(hangup)
	o, err := f.options(a)
	if err != nil {
		return err
	}
	if f.tape.append && f.tape.out != "" {
		all, err := f.tape.retained()
		var damage *recorder.DamageError
		if errors.As(err, &damage) && f.tape.inParts() { // the house goes first; the next part is a tape of its own
			a.log.Error("what was retained is not retained again", "error", err)
			all, err = nil, nil
		}
		if err != nil {
			return err
		}
		o.Retained = a.genuine(all)
	}
	return a.record(ctx, &f.tape, func(d *deck.Deck) (recording, error) {
		h, err := hub.New(d, o)
		if err != nil {
			return recording{}, err
		}
		serve := func(ctx context.Context) error {
			stop := a.attend(h, o, f, hangup)
			defer stop()
			return h.Serve(ctx)
		}
		return recording{serve: serve, ready: h.Ready(), metrics: clientMetrics(h)}, nil
	})
}

// attend warns of a hub that is open to everybody, and reads the users again at
// SIGHUP, until stop is called.
func (a *app) attend(h *hub.Hub, o hub.Options, f *serveFlags, hangup <-chan os.Signal) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ready := h.Ready()
		for {
			select {
			case <-done:
				return
			case <-ready:
				ready = nil
				a.warnOpen(h, o)
			case <-hangup:
				u, err := f.loadUsers(a)
				if err != nil {
					a.log.Error("the users stay as they were", "error", oneSentence(err))
					continue
				}
				h.SetUsers(u)
				a.log.Info("users read again")
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

func (a *app) warnOpen(h *hub.Hub, o hub.Options) {
	for _, addr := range h.Addresses() {
		if tcp, ok := addr.(*net.TCPAddr); ok && o.Users == nil && !tcp.IP.IsLoopback() {
			a.log.Warn("everybody who reaches this machine may read and publish everything; --users says who may what", "address", addr)
		}
	}
}

// retained is what the broker of the tape that is gone on with had retained. A
// part whose recorder was killed right at its beginning may not have all of it:
// then it is told by the part before.
func (f *tapeFlags) retained() ([]mqtt.Message, error) {
	paths, err := deck.Latest(f.out, f.inParts())
	if err != nil {
		return nil, err
	}
	var s retained.State
	if err := applyNewest(&s, paths); err != nil {
		return nil, err
	}
	return s.Messages(), nil
}

// applyNewest tells a state of the tapes, newest first, as far back as need be.
func applyNewest(s *retained.State, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	t, err := recorder.Open(paths[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer t.Close()
	if whole, err := hasWholeHead(t); err != nil {
		return err
	} else if !whole {
		if err := applyNewest(s, paths[1:]); err != nil {
			return err
		}
	}
	c := t.Cursor(recorder.Query{Kinds: recorder.MessageKinds(), Transient: true})
	for c.Next() {
		s.Apply(c.Record())
	}
	return c.Err()
}

// hasWholeHead reports whether all that was retained stands at the head of a
// tape: all else waits for it.
func hasWholeHead(t *recorder.Tape) (bool, error) {
	c := t.Cursor(recorder.Query{Transient: true})
	for c.Next() {
		if c.Record().Kind != recorder.KindSnapshot {
			return true, nil
		}
	}
	return false, c.Err()
}

// genuine leaves out what was redacted: a hub must not hand out stand-ins.
func (a *app) genuine(all []mqtt.Message) []mqtt.Message {
	kept := slices.DeleteFunc(all, func(m mqtt.Message) bool {
		return redact.HoldsStandIn(m.Payload) || redact.HoldsStandIn([]byte(m.Topic))
	})
	if left := len(all) - len(kept); left > 0 {
		a.log.Warn("some of what was retained is not retained again, as the tape has stand-ins in it", "messages", left)
	}
	return kept
}

// clientMetrics tell Prometheus of a hub's clients.
func clientMetrics(h *hub.Hub) []prometheus.Collector {
	number := func(kind, name, help string, value func(hub.Counts) float64) prometheus.Collector {
		o := prometheus.Opts{Name: "hubtape_serve_" + name, Help: help}
		read := func() float64 { return value(h.Clients()) }
		if kind == "gauge" {
			return prometheus.NewGaugeFunc(prometheus.GaugeOpts(o), read)
		}
		return prometheus.NewCounterFunc(prometheus.CounterOpts(o), read)
	}
	return []prometheus.Collector{
		number("gauge", "clients", "Clients that are connected.", func(c hub.Counts) float64 { return float64(c.Connected) }),
		number("counter", "connections_total", "Connections that were accepted.", func(c hub.Counts) float64 { return float64(c.Ever) }),
		number("counter", "refused_logins_total", "Connections that were refused.", func(c hub.Counts) float64 { return float64(c.RefusedLogins) }),
		number("counter", "refused_publishes_total", "Messages that were refused.", func(c hub.Counts) float64 { return float64(c.RefusedPublishes) }),
		number("counter", "refused_subscribes_total", "Subscriptions that were refused.", func(c hub.Counts) float64 { return float64(c.RefusedSubscribes) }),
		number("counter", "dropped_deliveries_total", "Messages that clients were too slow for.", func(c hub.Counts) float64 { return float64(c.Dropped) }),
	}
}
