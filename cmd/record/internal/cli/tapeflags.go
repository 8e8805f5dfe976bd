package cli

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/hubtape/hubtape/recorder/redact"
	"github.com/spf13/cobra"
)

// tapeFlags say where a recording goes, and how. `run` and `serve` share them.
type tapeFlags struct {
	out         string
	append      bool
	duration    command.Duration
	rotateSize  size
	rotateEvery command.Duration
	rotateKeep  int
	redact      redactFlags
	labels      []string
	timeScale   uint16
	start       string
	metrics     string
}

func (f *tapeFlags) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVarP(&f.out, "output", "o", "", "`file` to record to; it must not exist, unless --append is given")
	s.BoolVar(&f.append, "append", false, "go on with the tape if it is there, as another sitting")
	s.Var(&f.duration, "duration", "stop so long after the first connection, like 8h or 2d (default: when told to)")
	s.Var(&f.rotateSize, "rotate-size", "begin another part when one has this size, like 500M: x-0001.hubtape, x-0002.hubtape, …")
	s.Var(&f.rotateEvery, "rotate-every", "begin another part after this time, like 1d")
	s.IntVar(&f.rotateKeep, "rotate-keep", 0, "keep the newest `N` parts and delete older ones (default: all)")
	f.redact.register(cmd, "builtin")
	s.StringArrayVar(&f.labels, "label", nil, "put a label `key=value` on the tape; may be given again")
	s.StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics at http://`ADDR`/metrics, like 127.0.0.1:9641")
	s.Uint16Var(&f.timeScale, "time-scale", 1, "the hub's clock runs `N` times as fast as real time: for recording a simulated hub; --duration is on its clock too")
	s.StringVar(&f.start, "start", "", "what the hub's clock shows at the start, as in `2026-01-10T17:00:00+01:00` (default: now)")
}

// realDuration is how long to record, on this machine's clock; 0: until told to
// stop.
func (f *tapeFlags) realDuration() time.Duration {
	return time.Duration(f.duration) / time.Duration(f.timeScale)
}

func (f *tapeFlags) inParts() bool { return f.rotateSize > 0 || f.rotateEvery > 0 }

// options reads the flags; nothing is opened yet.
func (f *tapeFlags) options(a *app) (deck.Options, error) {
	o := deck.Options{
		Path: f.out, Append: f.append, RotateBytes: int64(f.rotateSize), RotateEvery: time.Duration(f.rotateEvery), Keep: f.rotateKeep,
		TimeScale: int(f.timeScale), Log: a.log, WatchTopics: a.Terminal,
	}
	switch {
	case f.out == "":
		return o, usagef("it needs -o FILE, the tape to record to")
	case f.timeScale == 0:
		return o, usagef("--time-scale 0: a clock that stands still cannot be recorded; give 1 or more")
	case f.rotateKeep < 0 || f.rotateKeep > 0 && !f.inParts():
		return o, usagef("--rotate-keep is for recordings in parts: give --rotate-size or --rotate-every too")
	}
	if f.rotateEvery > 0 && time.Duration(f.rotateEvery) < time.Second || f.rotateSize > 0 && f.rotateSize < 100_000 {
		return o, usagef("parts that small would be more files than tapes: give --rotate-every 1s or --rotate-size 100k at least")
	}
	labels, err := parseLabels(f.labels)
	if err != nil {
		return o, err
	}
	o.Tape = recorder.Options{Labels: labels, Program: version()}
	if f.start != "" {
		if o.Date, err = time.Parse(time.RFC3339Nano, f.start); err != nil {
			return o, usagef("--start %q is no instant; write it like 2026-01-10T17:00:00+01:00", f.start)
		}
	}
	x, err := f.redact.redactor(a)
	if err == nil && x != nil {
		o.Redact = func(r *recorder.Record) { x.Record(r) }
	}
	return o, err
}

// redactFlags choose what is redacted, and by which key.
type redactFlags struct{ rules, key string }

func (f *redactFlags) register(cmd *cobra.Command, value string) {
	f.registerRules(cmd, value)
	s := cmd.Flags()
	s.StringVar(&f.key, "redact-key", "", "`file` with the key that makes stand-ins (default: one of your own in the user's configuration folder, made when it is first needed)")
}

func (f *redactFlags) registerRules(cmd *cobra.Command, value string) {
	s := cmd.Flags()
	s.StringVar(&f.rules, "redact", value, "which secrets become stand-ins: builtin (keys, passwords, tokens, Wi-Fi names), places (these and positions and addresses), none, or a `FILE` with rules")
}

// loadRules returns nil for none.
func (f *redactFlags) loadRules() (*redact.Rules, error) {
	switch f.rules {
	case "none":
		return nil, nil //nolint:nilnil // nothing is redacted
	case "builtin":
		return redact.Builtin(redact.BuiltinOptions{}), nil
	case "places":
		return redact.Builtin(redact.BuiltinOptions{Places: true}), nil
	}
	text, err := os.ReadFile(f.rules)
	if err != nil {
		return nil, usagef("--redact: %s", oneSentence(err))
	}
	return redact.Parse(text, f.rules)
}

// redactor returns nil when nothing is redacted.
func (f *redactFlags) redactor(a *app) (*redact.Redactor, error) {
	rules, err := f.loadRules()
	if rules == nil || err != nil {
		return nil, err
	}
	key, err := f.loadKey(a)
	if err != nil {
		return nil, err
	}
	return redact.New(rules, key), nil
}

// loadKey reads the key of stand-ins. Without a file of its own a recording is
// redacted by a key that is drawn for it.
func (f *redactFlags) loadKey(a *app) ([]byte, error) {
	path := f.key
	var err error
	if path == "" {
		path, err = os.UserConfigDir()
		path = filepath.Join(path, "hubtape", "redact.key")
	}
	var key []byte
	if err == nil {
		key, err = redact.LoadKey(path)
	}
	if err == nil || f.key != "" {
		if open, oerr := redact.KeyIsExposed(path); open && oerr == nil {
			a.log.Warn("other users of this machine can read the key of stand-ins, and so test guesses of secrets", "file", path)
		}
		return key, err
	}
	a.log.Warn("secrets get other stand-ins than on other tapes: the key cannot be kept; give --redact-key FILE", "error", err)
	key = make([]byte, redact.KeyBytes)
	_, _ = rand.Read(key) // never fails
	return key, nil
}

func parseLabels(texts []string) ([]recorder.Label, error) {
	var out []recorder.Label
	for _, t := range texts {
		k, v, ok := strings.Cut(t, "=")
		if !ok || k == "" {
			return nil, usagef("--label %q is not written like key=value", t)
		}
		if k == recorder.LabelPart || k == recorder.LabelRecording {
			return nil, usagef("--label %s: this name is taken by recordings in parts", k)
		}
		out = append(out, recorder.Label{Key: k, Value: v})
	}
	return out, nil
}
