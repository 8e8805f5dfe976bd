package program_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
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
		Make: func(*settings.Settings) (proactor.Options, error) {
			return proactor.Options{Name: "hw1.scada", Setup: setup}, nil
		},
	})
	return code, stdout.String(), stderr.String()
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
}

func TestDryRun(t *testing.T) {
	t.Run("GW-205 GW-217 a dry run prints the settings with their origins, and runs nothing", func(t *testing.T) {
		code, out, errs := main(t, func(*proactor.Proactor) error { return errors.New("it runs") }, map[string]string{"PROACTOR_ACK_TIMEOUT_SECONDS": "7"}, "--dry-run")
		require.Zero(t, code, errs)
		require.Contains(t, out, "PROACTOR_ACK_TIMEOUT_SECONDS=7")
		require.Contains(t, out, "the environment")
		require.Contains(t, out, "PROACTOR_NUM_INITIAL_EVENT_REUPLOADS=5")
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
