package program_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/program"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

// main runs a program in a folder of its own, with variables, and returns its
// exit code and what it wrote.
func main(t *testing.T, setup func(p *proactor.Proactor) error, variables map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
	t.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("NOTIFY_SOCKET", "")
	for name, value := range variables {
		t.Setenv(name, value)
	}
	t.Chdir(home)
	var stdout, stderr bytes.Buffer
	code = program.Main(context.Background(), args, program.Options{
		Name: "scada", Stdout: &stdout, Stderr: &stderr,
		Make: func(s *settings.Settings) (proactor.Options, error) {
			return proactor.Options{Name: "hw1.scada", Setup: setup, Layout: nodes(t, s.Paths.Layout)}, nil
		},
	})
	return code, stdout.String(), stderr.String()
}

// nodes are those of a layout; nil where there is none.
func nodes(t *testing.T, file string) *layout.Layout {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	l, err := layout.Parse(file, text)
	require.NoError(t, err)
	return l
}

// ending is a proactor that ends at once.
func ending(p *proactor.Proactor) error {
	p.SendFrom(codec.Message{Payload: proactor.Shutdown{Reason: "enough"}})
	return nil
}

func TestRuns(t *testing.T) {
	t.Run("to its end, with a log and a store where the settings say", func(t *testing.T) {
		code, _, errs := main(t, ending, nil)
		require.Zero(t, code, errs)
		require.Contains(t, errs, "starts")
		require.Contains(t, errs, "reason=enough")
		base := settings.Default().Paths.Base
		require.FileExists(t, filepath.Join(os.Getenv("XDG_DATA_HOME"), base, "scada", "event", "events.db"))
		require.FileExists(t, filepath.Join(os.Getenv("XDG_STATE_HOME"), base, "scada", "log", "proactor.log"))
	})
	t.Run("an error is exit code 1", func(t *testing.T) {
		code, _, errs := main(t, func(*proactor.Proactor) error { return errors.New("the pump is gone") }, nil)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "the pump is gone")
	})
	t.Run("what it was told and cannot be done is exit code 2", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "layout.json")
		require.NoError(t, os.WriteFile(file, []byte(`{"ShNodes": [{"Name": "m", "ActorClass": "Meter"}]}`), 0o600))
		code, _, errs := main(t, ending, map[string]string{"PROACTOR_PATHS__HARDWARE_LAYOUT": file})
		require.Equal(t, 2, code)
		require.Contains(t, errs, `there is no factory of actor class "Meter"`)

		file = filepath.Join(t.TempDir(), "no certificate")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		broker, link := "PROACTOR_MQTT_BROKERS__B__TLS__PATHS__", "PROACTOR_LINKS__UP__"
		code, _, errs = main(t, ending, map[string]string{
			broker + "CA_CERT_PATH": file, broker + "CERT_PATH": file, broker + "PRIVATE_KEY_PATH": file,
			link + "BROKER_NAME": "b", link + "PEER_LONG_NAME": "hw1", link + "PEER_SHORT_NAME": "a", link + "LINK_SUBSCRIPTION_SHORT_NAME": "s",
		})
		require.Equal(t, 2, code)
		require.Contains(t, errs, "holds no certificate")
	})
	t.Run("connections are called by the name that peers know", func(t *testing.T) {
		var name string
		main(t, func(p *proactor.Proactor) error { name = p.Env().Name; return ending(p) }, nil)
		require.Equal(t, "hw1.scada", name)
	})
	t.Run("an event store that cannot be read is put aside", func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "events.db")
		pending := -1
		for name, text := range map[string]string{"damaged": "", "foreign": "what is this"} {
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			code, _, errs := main(t, func(p *proactor.Proactor) error { pending = p.Pending(); return ending(p) }, map[string]string{"PROACTOR_PATHS__EVENT_DIR": dir})
			require.Zero(t, code, errs)
			require.Zero(t, pending, name)
			require.Contains(t, errs, "it is kept as "+file+".damaged-")
		}
		kept, err := filepath.Glob(file + ".damaged-*")
		require.NoError(t, err)
		require.Len(t, kept, 2)
	})
}

// systemd hears when it has started, and when it is about to end, in that order.
func TestNotify(t *testing.T) {
	listen := func(t *testing.T) (heard func() []string, socket string) {
		dir, err := os.MkdirTemp("", "notify") // the path of a socket has to be short
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
		socket = filepath.Join(dir, "s")
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
		if err != nil {
			t.Skip("this system has no Unix sockets of datagrams, which systemd listens on")
		}
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		return func() (all []string) {
			_, err := conn.WriteTo([]byte("end"), conn.LocalAddr()) // they come in order
			require.NoError(t, err)
			for text := make([]byte, 100); ; {
				n, err := conn.Read(text)
				require.NoError(t, err)
				if string(text[:n]) == "end" {
					return all
				}
				all = append(all, string(text[:n]))
			}
		}, socket
	}
	for name, c := range map[string]struct {
		setup func(p *proactor.Proactor) error
		want  []string
	}{
		"a whole life":       {ending, []string{"READY=1", "STOPPING=1"}},
		"a start that fails": {func(*proactor.Proactor) error { return errors.New("the pump is gone") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			heard, socket := listen(t)
			main(t, c.setup, map[string]string{"NOTIFY_SOCKET": socket})
			require.Equal(t, c.want, heard())
		})
	}
	t.Run("systemd is patient, and the watchdog looks as often as ever", func(t *testing.T) {
		heard, socket := listen(t)
		code, _, errs := main(t, ending, map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "3600000000"})
		require.Zero(t, code, errs)
		require.Equal(t, []string{"READY=1", "STOPPING=1"}, heard())
	})
	t.Run("nobody is there to hear", func(t *testing.T) {
		code, _, errs := main(t, nil, map[string]string{"NOTIFY_SOCKET": "/nowhere"})
		require.Equal(t, 1, code)
		require.Contains(t, errs, "tell systemd READY=1")
		require.Contains(t, errs, "msg=stops")
	})
}

func TestDryRun(t *testing.T) {
	t.Run("GW-205 GW-217 a dry run prints the settings with their origins, and runs nothing", func(t *testing.T) {
		code, out, errs := main(t, func(*proactor.Proactor) error { return errors.New("it runs") }, map[string]string{"PROACTOR_ACK_TIMEOUT_SECONDS": "7"}, "--dry-run")
		require.Zero(t, code, errs)
		require.Contains(t, out, "PROACTOR_ACK_TIMEOUT_SECONDS=7")
		require.Contains(t, out, "the environment")
		require.Contains(t, out, "PROACTOR_NUM_INITIAL_EVENT_REUPLOADS=5")
	})
	t.Run("GW-197 unknown variables are told", func(t *testing.T) {
		for _, args := range [][]string{{"--dry-run"}, nil} {
			code, _, errs := main(t, ending, map[string]string{"PROACTOR_ACK_TIMEOUT_SECOND": "7"}, args...)
			require.Zero(t, code, errs)
			require.Contains(t, errs, "PROACTOR_ACK_TIMEOUT_SECOND (the environment): there is no such setting; did you mean PROACTOR_ACK_TIMEOUT_SECONDS?")
		}
	})
	t.Run("GW-205 missing TLS files are told, and are exit code 2", func(t *testing.T) {
		for _, args := range [][]string{{"--dry-run"}, nil} {
			code, _, errs := main(t, ending, map[string]string{"PROACTOR_MQTT_BROKERS__HOUSE__HOST": "hub"}, args...)
			require.Equal(t, 2, code)
			require.Contains(t, errs, filepath.Join("certs", "house", "ca.crt"))
			require.Contains(t, errs, "PROACTOR_MQTT_BROKERS__HOUSE__TLS__USE_TLS=false")
		}
	})
}

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		variables map[string]string
		args      []string
		code      int
		says      string
	}{
		"help":                    {nil, []string{"--help"}, 0, "--dry-run"},
		"an unknown flag":         {nil, []string{"--fast"}, 2, "fast"},
		"an argument":             {nil, []string{"fast"}, 2, `"fast" is no argument`},
		"a setting that is wrong": {map[string]string{"PROACTOR_ACK_TIMEOUT_SECONDS": "soon"}, nil, 2, "PROACTOR_ACK_TIMEOUT_SECONDS"},
		"no folder of variables":  {nil, []string{"--env-file", "."}, 2, "the file of variables"},
		"no such file":            {nil, []string{"--env-file", "nope"}, 2, "the file of variables"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := main(t, ending, c.variables, c.args...)
			require.Equal(t, c.code, code)
			require.Contains(t, errs, c.says)
		})
	}
}

func TestVerbose(t *testing.T) {
	t.Run("GW-210 verbose, and a line for each message", func(t *testing.T) {
		levels := func(args ...string) (got settings.Logging) {
			main(t, func(p *proactor.Proactor) error { got = p.Settings().Logging; return ending(p) }, nil, args...)
			return got
		}
		quiet, all, lines := levels(), levels("--verbose"), levels("--message-summary")
		require.Equal(t, "WARNING", quiet.Level.String())
		require.Equal(t, "INFO", all.Level.String())
		require.Equal(t, "DEBUG", all.Levels.MessageSummary.String())
		require.Equal(t, "INFO", lines.Levels.MessageSummary.String())
	})
}
