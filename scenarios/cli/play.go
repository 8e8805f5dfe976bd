package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/play"
	"github.com/spf13/cobra"
)

const playLong = `play says the messages of a tape to a real broker: in their order, with the QoS,
the retain flags and the MQTT 5 properties that they were recorded with, and at
the times that they were said, counted from the start, so that no error adds up.

What the hub had retained comes first: at --from, that of this moment.

A rate that the broker or this machine cannot keep up with is told at once; with
--strict it is an error, and so is a message that the broker does not take.

Play to a broker of your own, not to the one your house runs on: devices obey.
The password comes from HUBTAPE_PASSWORD or --password-file.`

const playExample = `  simrun play evening.hubtape --to mqtt://localhost
  simrun play evening.hubtape --to mqtt://localhost --speed 10x --from 1h --until 2h
  simrun play evening.hubtape --to mqtt://localhost --speed max --topic 'zigbee2mqtt/#' --prefix replay/
  simrun play evening.hubtape --to mqtts://test@broker --ca ca.pem --loop 0 --strict`

// playFlags are the flags of `simrun play`.
type playFlags struct {
	to     string
	speed  string
	loops  int
	sel    command.Selection
	prefix string
	strict bool
	who    command.Connection
}

func (a *app) playCommand() *cobra.Command {
	var f playFlags
	cmd := &cobra.Command{
		Use:     "play TAPE --to URL",
		Short:   "Say the messages of a tape to a real broker",
		Long:    playLong,
		Example: playExample,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return command.Usagef("play wants one tape, and got %d arguments; see `%s play --help`", len(args), a.Name)
			}
			return a.play(cmd.Context(), args[0], &f)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.to, "to", "", "`URL` of the broker: mqtt://, mqtts://, ws:// or wss://, a user may stand in it (default: $"+command.BrokerEnv+")")
	s.StringVar(&f.speed, "speed", "1x", "how many times as fast as recorded, like 10x or 0.5x; max: as fast as the broker takes it")
	s.IntVar(&f.loops, "loop", 1, "play it `N` times; 0: until stopped")
	f.sel.Register(cmd)
	s.StringVar(&f.prefix, "prefix", "", "put this before every topic")
	s.BoolVar(&f.strict, "strict", false, "a rate that cannot be met, or a message that is not taken, is an error")
	f.who.Register(cmd)
	return cmd
}

// parseSpeed reads 10x, 10 or max.
func parseSpeed(text string) (float64, error) {
	if text == "max" {
		return play.Max, nil
	}
	speed, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || speed <= 0 || math.IsInf(speed, 0) || math.IsNaN(speed) {
		return 0, command.Usagef("--speed %q is no speed; write it like 10x, 0.5x or max", text)
	}
	return speed, nil
}

func (f *playFlags) options() (o play.Options, err error) {
	if o.Speed, err = parseSpeed(f.speed); err != nil {
		return o, err
	}
	switch {
	case f.loops < 0:
		return o, command.Usagef("--loop %d: give how many times, or 0 to play until stopped", f.loops)
	case f.loops == 0:
		o.Loops = play.Forever
	default:
		o.Loops = f.loops
	}
	q, err := f.sel.Query()
	o.From, o.Until, o.Topics = q.From, q.Until, q.Topics
	o.Prefix, o.Strict = f.prefix, f.strict
	return o, err
}

func (a *app) play(ctx context.Context, path string, f *playFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	log, err := a.logging.Logger(a.Err)
	if err != nil {
		return err
	}
	address, visible := f.to, true
	if address == "" {
		address, visible = os.Getenv(command.BrokerEnv), false
	}
	if address == "" {
		return command.Usagef("play needs --to URL, the broker to play to, like mqtt://localhost")
	}
	to, err := f.who.Options(address, "", visible, log)
	if err != nil {
		return err
	}
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := selects(t, o); err != nil {
		return err
	}
	c, err := conn.Dial(ctx, to)
	if err != nil {
		return a.stopped(ctx, fmt.Errorf("%w; %s", err, conn.Hint(err)))
	}
	o.OnLate = func(at, by time.Duration) {
		log.Warn("messages are late: this rate cannot be met", "at", at, "late", by.Round(time.Millisecond))
	}
	if a.Terminal {
		o.Progress = a.drawPlay
	}
	report, err := play.Play(ctx, t, c, o)
	if a.Terminal {
		fmt.Fprint(a.Err, "\r\x1b[K")
	}
	return a.endPlay(ctx, path, report, errors.Join(err, c.Close()))
}

// selects makes sure that there is something to play: a filter with a slip in it
// would only be silent.
func selects(t *recorder.Tape, o play.Options) error {
	c := t.Cursor(recorder.Query{Until: o.Until, Topics: o.Topics, Kinds: recorder.MessageKinds()})
	if c.Next() || c.Err() != nil {
		return c.Err()
	}
	return command.Usagef("%s has no message to play: none matches what --topic, --exclude and --until select; see `record info --topics %s`", t.Path(), t.Path())
}

// stopped turns an error into the exit code of a stop, where that was its cause.
func (a *app) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return command.Exit(stoppedCode(ctx))
	}
	return err
}

func (a *app) drawPlay(r play.Report) {
	part := 1.0
	if r.Until > 0 {
		part = float64(r.At) / float64(r.Until)
	}
	const width = 24
	full := int(part * width)
	fmt.Fprintf(a.Err, "\r\x1b[K%s%s %3.0f %%  %v of %v  %s  %.0f/s  %v late at most",
		strings.Repeat("█", full), strings.Repeat("░", width-full), 100*part, r.At.Round(time.Second), r.Until.Round(time.Second),
		command.Count(int(r.Messages), "message"), r.Rate(), r.Worst.Round(10*time.Microsecond))
}

// endPlay says what was played, also where it ended early.
func (a *app) endPlay(ctx context.Context, path string, r play.Report, err error) error {
	if errors.Is(err, play.ErrOptions) {
		return command.Usagef("%s", err)
	}
	text := fmt.Sprintf("%s: %s, %s of them retained state, in %v, %.0f/s", path, command.Count(int(r.Messages), "message"),
		command.Thousands(r.Retained), r.Elapsed.Round(time.Millisecond), r.Rate())
	if r.P99 > 0 {
		text += fmt.Sprintf("; half at most %v late, 99 %% at most %v, the worst %v", round(r.P50), round(r.P99), round(r.Worst))
	}
	if r.Refused > 0 {
		text += "; the broker did not take " + command.Count(int(r.Refused), "message")
	}
	if r.LateOnes > 0 {
		text += "; " + command.Count(int(r.LateOnes), "message") + " came more than 100ms late"
	}
	if _, werr := fmt.Fprintln(a.Out, text); werr != nil {
		return werr
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, play.ErrLate), errors.Is(err, play.ErrRefused):
		return &command.Error{Code: command.Failed, Text: err.Error()}
	}
	return a.stopped(ctx, err)
}

func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
