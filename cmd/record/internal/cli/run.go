package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/spf13/cobra"
)

const runLong = `run records what a broker says until it is stopped, or --duration is over.

The first connection must succeed; after it a lost one is made again, and the
time between stands on the tape as a gap. What the broker had retained comes
first, as a snapshot.

Nothing is redacted: the tape holds every payload as it was sent, with keys,
passwords and names of Wi-Fi networks where a hub sends them. Leave topics out
with --exclude, and look at a tape before you give it away.

A kill costs at most the last second or two, a power cut at most the last half
minute. The password comes from HUBTAPE_PASSWORD or --password-file; one in the
URL is taken too, but other users of the machine can see it there.`

const runExample = `  record --broker mqtt://hub -o evening.hubtape
  record run --broker mqtts://reader@hub:8883 --ca ca.pem --password-file pw -o evening.hubtape
  record --broker mqtt://hub -o z2m.hubtape --topic 'zigbee2mqtt/#' --exclude 'zigbee2mqtt/bridge/logging' \
      --duration 8h --label house=ours --label season=winter`

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

// run records. It leaves no tape behind when there was nothing to put on it
// because the broker was not there.
func (a *app) run(cmd *cobra.Command, f *runFlags) error {
	o, err := f.options(a)
	if err != nil {
		return err
	}
	labels, err := parseLabels(f.labels)
	if err != nil {
		return err
	}
	if f.out == "" {
		return usagef("it needs -o FILE, the tape to record to")
	}
	ctx := cmd.Context()
	if f.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(f.duration)/time.Duration(o.TimeScale))
		defer cancel()
	}
	o.Start = time.Now()
	if o.Date.IsZero() {
		o.Date = o.Start
	}
	w, err := recorder.Create(f.out, recorder.Options{Start: o.Date, Labels: labels, Program: version()})
	if err != nil {
		return err
	}
	c, err := capture.New(w, o)
	if err != nil {
		return errors.Join(err, discard(w))
	}
	stop := a.showProgress(c, f.out)
	err = c.Serve(ctx)
	stop()
	if errors.Is(err, capture.ErrConnect) && w.Stats().Records == 0 {
		if cerr := discard(w); cerr != nil {
			a.log.Warn("an empty tape was left behind", "tape", f.out, "error", cerr)
		}
		return err
	}
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("%w; of %d messages, those that came up to about two seconds before are safe in %s", err, w.Stats().Messages, f.out)
	}
	s := w.Stats()
	a.log.Info("recorded", "tape", f.out, "messages", s.Messages, "topics", s.Topics, "payload_bytes", s.Bytes, "gaps", s.Gaps)
	return nil
}

// discard ends a tape that nobody wants.
func discard(w *recorder.Writer) error {
	return errors.Join(w.Close(), os.Remove(w.Path()))
}

func parseLabels(texts []string) ([]recorder.Label, error) {
	var out []recorder.Label
	for _, t := range texts {
		k, v, ok := strings.Cut(t, "=")
		if !ok || k == "" {
			return nil, usagef("--label %q is not written like key=value", t)
		}
		out = append(out, recorder.Label{Key: k, Value: v})
	}
	return out, nil
}
