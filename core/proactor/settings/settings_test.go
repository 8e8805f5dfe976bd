package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/stretchr/testify/require"
)

func TestMQTTClient(t *testing.T) {
	t.Run("GW-203 defaults, and the port that TLS decides", func(t *testing.T) {
		c := settings.NewMQTTClient()
		require.Equal(t, []any{"localhost", 1883, 60, true, 8883}, []any{c.Host, c.Port, c.KeepAliveSeconds, c.TLS.Use, c.TLS.Port})
		require.Equal(t, 8883, c.EffectivePort())
		c.TLS.Use = false
		require.Equal(t, 1883, c.EffectivePort())
	})
}

func TestSecret(t *testing.T) {
	t.Run("GW-203 the password is never seen", func(t *testing.T) {
		in := from("PROACTOR_MQTT_BROKERS__B__PASSWORD=hunter2")
		in.Files = []settings.EnvFile{{Name: "f", Text: "PROACTOR_MQTT_BROKERS__B__TLS__KEYFILE_PASSWORD=hunter2"}}
		s := settings.Default()
		report, err := settings.Load(&s, in)
		require.NoError(t, err)
		client := s.MQTTBrokers["b"]
		require.Equal(t, "hunter2", client.Password.Reveal())
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "password", client.Password, "client", client, "pointer", &client.Password)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", client.Password, "client", client)
		text, err := json.Marshal(s)
		require.NoError(t, err)
		for _, seen := range []string{
			report.String(), log.String(), string(text), client.Password.String(), fmt.Sprint(client, &client), fmt.Sprintf("%v %+v %#v %s %q %x %d %T", client, client, client, client.Password, client.Password, client.Password, client.Password, client.Password),
		} {
			require.NotContains(t, seen, "hunter2")
			require.NotContains(t, seen, "68756e74657232")
		}
		require.Contains(t, report.String(), "PROACTOR_MQTT_BROKERS__B__PASSWORD=********** # the environment\n")
		require.Contains(t, string(text), `"**********"`)
		require.Empty(t, settings.Secret{}.String())
		require.Equal(t, settings.NewSecret("x"), settings.NewSecret("x"))
	})
}

// onSlashes skips a test of paths where they are written in another way.
func onSlashes(t *testing.T) {
	t.Helper()
	if filepath.Separator != '/' {
		t.Skip("the paths of this test are those of Unix; here they have other separators and drives")
	}
}

func TestPaths(t *testing.T) {
	onSlashes(t)
	t.Run("below the home", func(t *testing.T) {
		p := load(t, from("PROACTOR_PATHS__NAME=hall")).Paths
		require.Equal(t, settings.Paths{
			Base: "gridworks", Name: "hall", Relative: "gridworks/hall",
			DataHome: "/home/me/.local/share", StateHome: "/home/me/.local/state", ConfigHome: "/home/me/.config",
			Data: "/home/me/.local/share/gridworks/hall", Config: "/home/me/.config/gridworks/hall", Certs: "/home/me/.config/gridworks/hall/certs",
			Events: "/home/me/.local/share/gridworks/hall/event", Logs: "/home/me/.local/state/gridworks/hall/log", Layout: "/home/me/.config/gridworks/hall/hardware-layout.json",
		}, p)
	})
	t.Run("where XDG says", func(t *testing.T) {
		p := load(t, from("XDG_DATA_HOME=/d", "XDG_STATE_HOME=/s", "XDG_CONFIG_HOME=relative", "PROACTOR_PATHS__RELATIVE_PATH=x", "PROACTOR_PATHS__EVENT_DIR=/e")).Paths
		require.Equal(t, []string{"/d/x", "/s/x/log", "/home/me/.config/x", "/e"}, []string{p.Data, p.Logs, p.Config, p.Events})
	})
	t.Run("without a HOME", func(t *testing.T) {
		require.Equal(t, "/users/me/.config", load(t, settings.Sources{Environ: []string{"USERPROFILE=/users/me"}}).Paths.ConfigHome)
	})
}

func TestTLSPaths(t *testing.T) {
	onSlashes(t)
	want := settings.TLSPaths{CACert: "/certs/parent/ca.crt", Cert: "/mine.crt", PrivateKey: "/certs/parent/private/parent.pem"}
	for name, paths := range map[string]any{
		"GW-204 paths as a map":   map[string]any{"certs_dir": "/certs"},
		"GW-204 paths as a value": settings.Paths{Certs: "/certs"},
	} {
		t.Run(name, func(t *testing.T) {
			in := from("PROACTOR_MQTT_BROKERS__PARENT__TLS__PATHS__CERT_PATH=/mine.crt", "PROACTOR_MQTT_BROKERS__OTHER__HOST=x")
			in.Given = map[string]any{"paths": paths}
			s := load(t, in)
			require.Equal(t, want, s.MQTTBrokers["parent"].TLS.Paths)
			require.Equal(t, "/certs/other/other.crt", s.MQTTBrokers["other"].TLS.Paths.Cert)
		})
	}
}

func TestMissingTLSFiles(t *testing.T) {
	onSlashes(t)
	t.Run("GW-205 TLS files that are not there", func(t *testing.T) {
		s := load(t, from("PROACTOR_PATHS__CERTS_DIR=/c", "PROACTOR_MQTT_BROKERS__B__HOST=x", "PROACTOR_MQTT_BROKERS__A__HOST=x", "PROACTOR_MQTT_BROKERS__OPEN__TLS__USE_TLS=false"))
		missing := s.MissingTLSFiles(func(path string) bool { return path == "/c/b/ca.crt" })
		require.Equal(t, []settings.MissingFile{
			{"a", "ca_cert_path", "/c/a/ca.crt"},
			{"a", "cert_path", "/c/a/a.crt"},
			{"a", "private_key_path", "/c/a/private/a.pem"},
			{"b", "cert_path", "/c/b/b.crt"},
			{"b", "private_key_path", "/c/b/private/b.pem"},
		}, missing)
	})
}

func TestReport(t *testing.T) {
	onSlashes(t)
	t.Run("GW-205 a dry run prints the settings", func(t *testing.T) {
		in := from("PROACTOR_MQTT_BROKERS__B__USERNAME=me # too", "proactor_num_initial_event_reuploads=07")
		in.Given = map[string]any{"logging.file_handler": settings.LogFile{Name: "x", BytesMax: 1, CountMax: 1}}
		s := settings.Default()
		report, err := settings.Load(&s, in)
		require.NoError(t, err)
		text := report.String()
		for _, line := range []string{
			"PROACTOR_PATHS__DATA_HOME=/home/me/.local/share # the default\n",
			"PROACTOR_MQTT_BROKERS__B__USERNAME=\"me # too\" # the environment\n",
			"PROACTOR_MQTT_LINK_POLL_SECONDS=60 # the default\nPROACTOR_MQTT_RECONNECT_MAX_SECONDS=1024 # the default\nPROACTOR_ACK_TIMEOUT_SECONDS=5 # the default\nPROACTOR_NUM_INITIAL_EVENT_REUPLOADS=7 # the environment\n",
			"PROACTOR_LOGGING__BASE_LOG_LEVEL=WARNING # the default\n",
			"PROACTOR_LOGGING__FILE_HANDLER__NUM_LOG_FILES=1 # the program\n",
		} {
			require.Contains(t, text, line)
		}
	})
}

func TestEnvFile(t *testing.T) {
	for line, want := range map[string]string{
		"V=a b": "a b", "V = x ": "x", "export V=x": "x", "V=x # comment": "x", "V=x\t# comment": "x", "V=x#y": "x#y", "V=": "", "V=# nothing": "",
		"V='a # $HOME \\n'": `a # $HOME \n`, `V="a\n\"b\" \\n" # c`: "a\n\"b\" \\n", "V=''": "", `V='a\'`: `a\`, `V="a'b"`: "a'b", "V=a=b": "a=b", "\uFEFFV=x": "x", "V=x\r": "x", "\n# V=0\n\nV=x": "x", "V=1\nv=2": "2",
	} {
		s := struct {
			Text string `setting:"v"`
		}{Text: "default"}
		in := settings.Sources{Prefix: "P", Files: []settings.EnvFile{{Text: replaceName(line)}}}
		_, err := settings.Load(&s, in)
		require.NoError(t, err, line)
		require.Equal(t, want, s.Text, "%q", line)
	}
	for line, want := range map[string]string{
		"V": "f:1: a line has to be NAME=value", "=x": "f:1: a line has to be NAME=value", "A B=x": "f:1: a line has to be NAME=value",
		"V='x": "V (f:1): the value has no closing '", `V="x\"`: `V (f:1): the value has no closing "`, "V='x'y": "V (f:1): something stands behind the closing '",
	} {
		require.Equal(t, want, faults(t, settings.Sources{Environ: from().Environ, Prefix: "PROACTOR", Files: []settings.EnvFile{{Name: "f", Text: line}}}), "%q", line)
	}
}

// replaceName gives the variable V of a file the prefix P.
func replaceName(text string) string {
	text = string(bytes.ReplaceAll([]byte(text), []byte("V"), []byte("P_V")))
	return string(bytes.ReplaceAll([]byte(text), []byte("\nv="), []byte("\np_v=")))
}

func TestReadEnvFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	f, err := settings.ReadEnvFile(path)
	require.NoError(t, err)
	require.Equal(t, settings.EnvFile{Name: path}, f)
	require.NoError(t, os.WriteFile(path, []byte("A=1"), 0o600))
	f, err = settings.ReadEnvFile(path)
	require.NoError(t, err)
	require.Equal(t, settings.EnvFile{Name: path, Text: "A=1"}, f)
	_, err = settings.ReadEnvFile(filepath.Dir(path))
	require.ErrorContains(t, err, "read settings: ")
	require.Equal(t, []bool{true, false, false}, []bool{settings.FileExists(path), settings.FileExists(path + "x"), settings.FileExists(filepath.Dir(path))})
	t.Setenv("PROACTOR_X", "1")
	require.Contains(t, settings.Environ(), "PROACTOR_X=1")
}
