package cli

import (
	"context"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
)

const runLong = `run records what a broker says until it is stopped, or --duration is over.

The first connection must succeed; after it a lost one is made again, and the
time between stands on the tape as a gap with its reason. What the broker had
retained comes first, as a snapshot.

Secrets become stand-ins before anything reaches the disk: keys, passwords,
tokens and Wi-Fi names, as the known hubs send them. The same secret becomes the
same stand-in, so that what matched still matches. --redact names other rules;
"record verify --secrets" looks for what is left.

A kill costs at most the last second or two, a power cut at most the last half
minute. The password comes from HUBTAPE_PASSWORD or --password-file; one in the
URL is taken too, but other users of the machine can see it there.

A recording that goes on for weeks is cut into parts by --rotate-size or
--rotate-every. Each is a tape of its own, which begins with what the broker has
retained; "record merge" makes one tape of them again.`

const runExample = `  record --broker mqtt://hub -o evening.hubtape
  record run --broker mqtts://reader@hub:8883 --ca ca.pem --password-file pw -o evening.hubtape
  record --broker mqtt://hub -o z2m.hubtape --topic 'zigbee2mqtt/#' --exclude 'zigbee2mqtt/bridge/logging' \
      --duration 8h --label house=ours --label season=winter
  record --broker mqtt://hub -o house.hubtape --rotate-every 1d --rotate-keep 30 --append --metrics 127.0.0.1:9641
  record --broker attic=mqtt://10.0.0.2 --broker cellar=mqtt://10.0.0.3 -o both.hubtape`

// runFlags are the flags of `record run`.
type runFlags struct {
	conn            connFlags
	tape            tapeFlags
	topics, exclude []string
	qos             uint8
}

func (f *runFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.SortFlags = false
	f.conn.register(cmd)
	s.StringArrayVar(&f.topics, "topic", nil, "topic `filter` to subscribe to; may be given again (default #)")
	s.StringArrayVar(&f.exclude, "exclude", nil, "keep no topics that match this `filter`; may be given again")
	s.Uint8Var(&f.qos, "qos", 0, "QoS to subscribe with: 0, 1 or 2")
	f.tape.register(cmd)
}

func (a *app) runCommand() *cobra.Command {
	var o runFlags
	cmd := &cobra.Command{
		Use:     "run --broker URL -o FILE",
		Short:   "Record what a broker says (what record does without a command)",
		Long:    runLong,
		Example: runExample,
		Args:    tapes(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.run(cmd, &o) },
	}
	o.register(cmd)
	return cmd
}

// run records from brokers.
func (a *app) run(cmd *cobra.Command, f *runFlags) error {
	brokers, err := f.conn.options(a)
	if err != nil {
		return err
	}
	o := capture.Options{Brokers: brokers, Topics: f.topics, Exclude: f.exclude, QoS: f.qos, Log: a.log}
	if err := o.Validate(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGHUP) // the terminal was closed
	defer stop()
	return a.record(ctx, &f.tape, func(d *deck.Deck) (recording, error) {
		c, err := capture.New(d, o)
		if err != nil {
			return recording{}, err
		}
		return recording{serve: c.Serve, ready: c.Ready()}, nil
	})
}

// recording is who puts records on a deck.
type recording struct {
	serve   func(context.Context) error // until the context ends
	ready   <-chan struct{}             // closed when there is something to hear
	metrics []prometheus.Collector      // beside those of the deck
}

// record opens the tape, records until ctx ends, and closes it. It leaves no
// tape behind when there was nothing to put on it because the broker was not
// there.
func (a *app) record(ctx context.Context, f *tapeFlags, prepare func(*deck.Deck) (recording, error)) error {
	o, err := f.options(a)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // who read the log is gone, which is no reason to stop
	d, err := deck.Open(o)
	if err != nil {
		return err
	}
	r, err := prepare(d)
	if err != nil {
		return errors.Join(err, d.Discard())
	}
	stopMetrics, err := a.serveMetrics(f.metrics, d, r.metrics...)
	if err != nil {
		return errors.Join(err, d.Discard())
	}
	stopShow := a.showProgress(d)
	ctx, cancel := lasting(ctx, r.ready, f.realDuration())
	defer cancel()
	err = r.serve(ctx)
	stopShow()
	stopMetrics()
	return a.endTape(d, err)
}

// lasting is a context that ends a while after ready is closed: how long it takes
// to be heard is no part of a recording. With 0 it does not end by itself.
func lasting(ctx context.Context, ready <-chan struct{}, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if d <= 0 {
		return ctx, cancel
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-ready:
		case <-ctx.Done():
			return
		}
		over := time.NewTimer(d)
		defer over.Stop()
		select {
		case <-over.C:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}

// endTape closes the tape, and says what is on it.
func (a *app) endTape(d *deck.Deck, err error) error {
	p := d.Progress()
	if (errors.Is(err, capture.ErrConnect) || errors.Is(err, broker.ErrListen)) && p.Messages == 0 {
		if cerr := d.Discard(); cerr != nil {
			a.log.Warn("an empty tape was left behind", "tape", p.Path, "error", cerr)
		}
		if errors.Is(err, context.Canceled) { // somebody did not want to wait any longer
			a.log.Warn("nothing was recorded", "reason", err)
			return nil
		}
		return err
	}
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return &safeError{err: err, messages: p.Messages, path: p.Path}
	}
	a.log.Info("recorded", "tape", p.Path, "messages", p.Messages, "topics", p.Topics, "payload_bytes", p.Bytes, "gaps", p.Gaps, "dropped", p.Dropped)
	return nil
}
