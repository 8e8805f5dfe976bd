package logs_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

func noon() time.Time { return time.Date(2026, 1, 10, 12, 0, 0, 5e6, time.UTC) }

// onScreen opens a log whose lines can be read.
func onScreen(t *testing.T, levels logs.Levels) (*logs.Logs, *bytes.Buffer) {
	t.Helper()
	var screen bytes.Buffer
	l, err := logs.Open(logs.Options{Screen: &screen, Levels: &levels, Now: noon})
	require.NoError(t, err)
	return l, &screen
}

func TestDefaults(t *testing.T) {
	var screen bytes.Buffer
	l, err := logs.Open(logs.Options{Screen: &screen, Now: noon})
	require.NoError(t, err)
	t.Run("GW-209 lifecycle and comm-event only", func(t *testing.T) {
		l.General().Info("general")
		l.MessageSummary("SND", "s", "gw/s/x", "x", "7")
		l.Path("path")
		l.Lifecycle().Info("starts", "actors", 3)
		l.CommEvent().Info("connected")
		l.CommEvent().Debug("details")
		l.General().Warn("cold")
		l.General().Log(t.Context(), slog.Level(logs.Critical), "on fire")
		require.Equal(t, `time=2026-01-10T12:00:00.005Z level=INFO msg=starts log=gridworks.lifecycle actors=3
time=2026-01-10T12:00:00.005Z level=INFO msg=connected log=gridworks.comm_event
time=2026-01-10T12:00:00.005Z level=WARNING msg=cold log=gridworks
time=2026-01-10T12:00:00.005Z level=CRITICAL msg="on fire" log=gridworks
`, screen.String())
	})
	require.NoError(t, l.Close())
}

func TestJSON(t *testing.T) {
	var screen bytes.Buffer
	l, err := logs.Open(logs.Options{Base: "hall", Screen: &screen, JSON: true, Now: noon})
	require.NoError(t, err)
	l.Lifecycle().WithGroup("actor").Info("starts", "level", 3)
	require.Equal(t, `{"time":"2026-01-10T12:00:00.005Z","level":"INFO","msg":"starts","log":"hall.lifecycle","actor":{"level":3}}`+"\n", screen.String())
}

func TestOwnTime(t *testing.T) {
	var screen bytes.Buffer
	l, err := logs.Open(logs.Options{Screen: &screen})
	require.NoError(t, err)
	r := slog.NewRecord(noon().Add(time.Hour), slog.LevelInfo, "x", 0)
	require.NoError(t, l.Lifecycle().Handler().Handle(t.Context(), r))
	require.Contains(t, screen.String(), "time=2026-01-10T13:00:00.005Z")
}

func TestVerbose(t *testing.T) {
	t.Run("GW-210 verbose: INFO, and paths", func(t *testing.T) {
		levels := logs.DefaultLevels().Verbose()
		require.Equal(t, logs.Levels{General: logs.Info, MessageSummary: logs.Debug, Lifecycle: logs.Info, CommEvent: logs.Info}, levels)
	})
	t.Run("GW-210 message summaries alone: INFO", func(t *testing.T) {
		levels := logs.DefaultLevels().Summaries()
		require.Equal(t, logs.Levels{General: logs.Warning, MessageSummary: logs.Info, Lifecycle: logs.Info, CommEvent: logs.Info}, levels)
	})
}

func TestPath(t *testing.T) {
	t.Run("GW-211 a message's path between delimiters of 88", func(t *testing.T) {
		l, screen := onScreen(t, logs.DefaultLevels().Verbose())
		l.Enter("in", "id", 7)
		l.Path("on its way")
		l.Exit("out")
		var said []string
		for _, line := range strings.Split(strings.TrimSpace(screen.String()), "\n") {
			require.Contains(t, line, "level=DEBUG")
			_, line, _ = strings.Cut(line, "msg=")
			said = append(said, line)
		}
		const log = " log=gridworks.message_summary"
		require.Equal(t, []string{strings.Repeat("+", 88) + log, "in" + log + " id=7", `"on its way"` + log, "out" + log, strings.Repeat("-", 88) + log}, said)
	})
	t.Run("GW-211 not with summaries alone", func(t *testing.T) {
		l, screen := onScreen(t, logs.DefaultLevels().Summaries())
		l.Enter("in")
		l.Exit("out")
		require.Empty(t, screen.String())
		l.MessageSummary("RCV", "s", "t", "x", "")
		require.Contains(t, screen.String(), "<-")
	})
}

func TestSummary(t *testing.T) {
	for want, in := range map[string][5]string{
		"SND    -> s                    [gw/s/to/a/power-watts]  power.watts  8d5c1f3a...": {"SND", "s", "gw/s/to/a/power-watts", "power.watts", "8d5c1f3a-ab12"},
		"OUT mq -> s                    [t]  x  12345678901":                               {"OUT mq", "s", "t", "x", "12345678901"},
		"IN     <- hw1.scada            [t]  x  12345678...":                               {"IN", "hw1.scada", "t", "x", "123456789012"},
		"RCV    <- s                    [t]  x":                                            {"RCV", "s", "t", "x", ""},
		"LOST   ?  s                    []":                                                {"LOST", "s", "", "", ""},
	} {
		t.Run("GW-218 "+in[0], func(t *testing.T) {
			require.Equal(t, want, logs.Summary(in[0], in[1], in[2], in[3], in[4]))
		})
	}
}

func TestParseLevel(t *testing.T) {
	for text, want := range map[string]logs.Level{
		"debug": logs.Debug, "Info": logs.Info, "WARNING": logs.Warning, "warn": logs.Warning, "eRRor": logs.Error, "critical": logs.Critical, "FATAL": logs.Critical, "NotSet": logs.All,
		"0": logs.All, "10": logs.Debug, "20": logs.Info, "30": logs.Warning, "40": logs.Error, "50": logs.Critical, "25": logs.Info + 2, "INFO+1": logs.Info + 1, "debug-4": logs.All, "1000": 392,
	} {
		t.Run("GW-207 "+text, func(t *testing.T) {
			level, err := logs.ParseLevel(text)
			require.NoError(t, err)
			require.Equal(t, want, level)
			var read logs.Level
			require.NoError(t, read.UnmarshalText([]byte(text)))
			require.Equal(t, want, read)
			require.Equal(t, slog.Level(want), read.Level())
		})
	}
	for _, text := range []string{"", "loud", "-1", "1001", "1.5", "99999999999999999999", "DEBUG-5", "ERROR+385", "INFO+x"} {
		t.Run("GW-207 not "+text, func(t *testing.T) {
			_, err := logs.ParseLevel(text)
			require.ErrorContains(t, err, "is no level")
		})
	}
	_, err := logs.ParseLevel("wraning")
	require.EqualError(t, err, `"wraning" is no level: it is DEBUG, INFO, WARNING, ERROR, CRITICAL or a number from 0 to 1000; did you mean "WARNING"?`)
	text, err := logs.Warning.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "WARNING", string(text))
	require.Equal(t, "NOTSET CRITICAL INFO+1", strings.Join([]string{logs.All.String(), logs.Critical.String(), (logs.Info + 1).String()}, " "))
}

func TestLevelRoundTrip(t *testing.T) {
	for n := range 1001 {
		level, err := logs.ParseLevel(strconv.Itoa(n))
		require.NoError(t, err)
		again, err := logs.ParseLevel(level.String())
		require.NoError(t, err)
		require.Equal(t, level, again)
	}
}

func TestCategories(t *testing.T) {
	l, screen := onScreen(t, logs.DefaultLevels())
	t.Run("GW-219 by name, also with the base before it", func(t *testing.T) {
		for _, name := range []string{"lifecycle", "gridworks.lifecycle"} {
			c, ok := l.Category(name)
			require.True(t, ok)
			require.Equal(t, "gridworks.lifecycle", c.Name)
		}
		general, ok := l.Category("gridworks")
		require.True(t, ok)
		require.Same(t, l.General(), general.Log)
	})
	t.Run("GW-219 an unknown one is nothing", func(t *testing.T) {
		_, ok := l.Category("pumps")
		require.False(t, ok)
	})
	t.Run("GW-219 one that is added", func(t *testing.T) {
		c, err := l.Add("gridworks.pumps", logs.Info)
		require.NoError(t, err)
		require.Equal(t, "gridworks.pumps", c.Name)
		again, err := l.Add("pumps", logs.Debug)
		require.NoError(t, err)
		require.Same(t, c, again)
		require.Equal(t, logs.Info, c.Level())
		c.Log.Info("turns")
		c.Log.Debug("slowly")
		require.Equal(t, "time=2026-01-10T12:00:00.005Z level=INFO msg=turns log=gridworks.pumps\n", screen.String())
	})
	t.Run("GW-219 with somebody's logger, at its level", func(t *testing.T) {
		var own bytes.Buffer
		log := slog.New(slog.NewTextHandler(&own, &slog.HandlerOptions{Level: slog.LevelError}))
		c, err := l.AddLogger("own", log)
		require.NoError(t, err)
		require.Equal(t, logs.Error, c.Level())
		c.Log.Error("broken")
		require.Contains(t, own.String(), "msg=broken")
		_, err = l.AddLogger("own", log)
		require.ErrorIs(t, err, logs.ErrTaken)
		c.SetLevel(logs.Debug)
		require.False(t, c.Enabled(logs.Warning), "its handler has the last word")
		odd, err := l.AddLogger("odd", slog.New(slog.NewTextHandler(&own, &slog.HandlerOptions{Level: slog.Level(-6)})))
		require.NoError(t, err)
		require.Equal(t, logs.Debug-2, odd.Level())
		silent, err := l.AddLogger("silent", slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.False(t, silent.Enabled(logs.Error))
	})
	t.Run("GW-219 no name", func(t *testing.T) {
		for _, name := range []string{"", "gridworks"} {
			_, err := l.Add(name, logs.Info)
			require.ErrorIs(t, err, logs.ErrNameEmpty)
			_, err = l.AddLogger(name, slog.Default())
			require.ErrorIs(t, err, logs.ErrNameEmpty)
		}
	})
	t.Run("GW-219 reset brings the level back, and enables", func(t *testing.T) {
		c, _ := l.Category("lifecycle")
		derived := c.Log.With("a", 1).WithGroup("g")
		require.False(t, derived.Enabled(t.Context(), slog.LevelDebug))
		c.SetLevel(logs.Debug)
		require.True(t, c.Enabled(logs.Debug))
		require.True(t, derived.Enabled(t.Context(), slog.LevelDebug), "also for loggers made of it")
		c.Disable()
		require.False(t, c.Enabled(logs.Critical))
		c.Reset()
		require.Equal(t, []any{true, false}, []any{c.Enabled(logs.Info), c.Enabled(logs.Debug)})
	})
	var all []string
	for _, c := range l.Categories() {
		all = append(all, c.Name)
	}
	require.Equal(t, []string{"gridworks", "gridworks.message_summary", "gridworks.lifecycle", "gridworks.comm_event", "gridworks.pumps", "gridworks.own", "gridworks.odd", "gridworks.silent"}, all)
}

func TestSetUpFails(t *testing.T) {
	inTheWay := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	bad := logs.FileOptions{Path: filepath.Join(inTheWay, "proactor.log")}
	t.Run("GW-216 faults of setting up are logged", func(t *testing.T) {
		var screen, fallback bytes.Buffer
		l, err := logs.Open(logs.Options{Screen: &screen, File: bad, Fallback: &fallback, Now: noon})
		require.ErrorContains(t, err, "log file")
		require.Contains(t, screen.String(), "the log is not complete")
		require.Empty(t, fallback.String())
		l.Lifecycle().Info("all the same")
		require.Contains(t, screen.String(), "all the same")
	})
	t.Run("GW-216 and told elsewhere where there is no log", func(t *testing.T) {
		var fallback bytes.Buffer
		l, err := logs.Open(logs.Options{File: bad, Fallback: &fallback})
		require.Error(t, err)
		require.Equal(t, "there is no log: "+err.Error()+"\n", fallback.String())
		l.General().Error("nobody hears it")
		_, err = logs.Open(logs.Options{File: bad})
		require.Error(t, err)
	})
}

func TestScreenAndFile(t *testing.T) {
	var screen bytes.Buffer
	path := filepath.Join(t.TempDir(), "logs", "proactor.log")
	l, err := logs.Open(logs.Options{Screen: &screen, File: logs.FileOptions{Path: path}, Now: noon})
	require.NoError(t, err)
	l.General().Warn("cold", "celsius", 31)
	require.NoError(t, l.Close())
	l.General().Warn("late")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "time=2026-01-10T12:00:00.005Z level=WARNING msg=cold log=gridworks celsius=31\n", string(kept))
	require.True(t, strings.HasPrefix(screen.String(), string(kept)))
	require.Contains(t, screen.String(), "late", "the screen stays")
}

// A handler that fails does not keep the others from their lines.
func TestOneFails(t *testing.T) {
	var screen bytes.Buffer
	path := filepath.Join(t.TempDir(), "proactor.log")
	l, err := logs.Open(logs.Options{Screen: failing{}, File: logs.FileOptions{Path: path}})
	require.NoError(t, err)
	l.General().Warn("cold")
	require.NoError(t, l.Close())
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(kept), "cold")
	require.Empty(t, screen.String())
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no screen") }
