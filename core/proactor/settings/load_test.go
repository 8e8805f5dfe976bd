package settings_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

// from are sources with a home, so that all paths can be filled in.
func from(environ ...string) settings.Sources {
	return settings.Sources{Prefix: "PROACTOR", Environ: append([]string{"HOME=/home/me"}, environ...)}
}

func load(t *testing.T, sources settings.Sources) settings.Settings {
	t.Helper()
	s := settings.Default()
	_, err := settings.Load(&s, sources)
	require.NoError(t, err)
	return s
}

func faults(t *testing.T, sources settings.Sources) string {
	t.Helper()
	s := settings.Default()
	_, err := settings.Load(&s, sources)
	require.ErrorAs(t, err, new(*settings.Error))
	return err.Error()
}

func TestDefaults(t *testing.T) {
	t.Run("GW-193 what nobody says", func(t *testing.T) {
		s := load(t, from())
		require.Equal(t, []any{time.Minute, 5 * time.Second, 5}, []any{s.LinkPoll, s.AckTimeout, s.InitialReuploads})
		require.Equal(t, settings.Logging{
			Base: "gridworks", Level: logs.Warning,
			Levels: settings.LogLevels{MessageSummary: logs.Warning, Lifecycle: logs.Info, CommEvent: logs.Info},
			File:   settings.LogFile{Name: "proactor.log", BytesMax: 2097152, CountMax: 10},
		}, s.Logging)
		require.Equal(t, logs.DefaultLevels(), s.Logging.LogLevels())
		require.Nil(t, s.MQTTBrokers)
		require.Nil(t, s.Links)
	})
}

func TestNames(t *testing.T) {
	t.Run("GW-194 prefix, nesting by __, any case", func(t *testing.T) {
		s := load(t, from("PROACTOR_ACK_TIMEOUT_SECONDS=2.5", "proactor_Logging__file_handler__NUM_LOG_FILES=3", "PROACTOR_PATHS__NAME=hall", "ACK_TIMEOUT_SECONDS=9", "PROACTORX_ACK_TIMEOUT_SECONDS=9"))
		require.Equal(t, []any{2500 * time.Millisecond, 3, "hall"}, []any{s.AckTimeout, s.Logging.File.CountMax, s.Paths.Name})
	})
	t.Run("GW-194 names of brokers and links, in small letters", func(t *testing.T) {
		s := load(t, from("PROACTOR_MQTT_BROKERS__GRIDWORKS__HOST=hub", "PROACTOR_MQTT_BROKERS__GRIDWORKS__TLS__USE_TLS=off", "PROACTOR_LINKS__PARENT__BROKER_NAME=gridworks", "PROACTOR_LINKS__PARENT__UPSTREAM=1",
			"PROACTOR_LINKS__PARENT__PEER_LONG_NAME=hw1", "PROACTOR_LINKS__PARENT__PEER_SHORT_NAME=a", "PROACTOR_LINKS__PARENT__LINK_SUBSCRIPTION_SHORT_NAME=s"))
		require.Len(t, s.MQTTBrokers, 1)
		require.Equal(t, "hub", s.MQTTBrokers["gridworks"].Host)
		require.Equal(t, 1883, s.MQTTBrokers["gridworks"].EffectivePort())
		require.Equal(t, settings.Link{
			Broker: "gridworks", Enabled: true, Upstream: true, PeerLongName: "hw1", PeerShortName: "a", SubscriptionShortName: "s",
		}, s.Links["parent"])
	})
	t.Run("GW-194 a name that the program spells with capitals", func(t *testing.T) {
		s := settings.Default()
		s.MQTTBrokers = map[string]settings.MQTTClient{"GridWorks": settings.NewMQTTClient()}
		defaults := s.MQTTBrokers
		_, err := settings.Load(&s, from("PROACTOR_MQTT_BROKERS__GRIDWORKS__PORT=7"))
		require.NoError(t, err)
		require.Len(t, s.MQTTBrokers, 1)
		require.Equal(t, 7, s.MQTTBrokers["GridWorks"].Port)
		require.Equal(t, 1883, defaults["GridWorks"].Port, "the defaults are the program's")
	})
	t.Run("of two the later", func(t *testing.T) {
		require.Equal(t, 2*time.Second, load(t, from("PROACTOR_ACK_TIMEOUT_SECONDS=1", "proactor_ack_timeout_seconds=2")).AckTimeout)
	})
}

func TestPrecedence(t *testing.T) {
	const name = "ack_timeout_seconds"
	file := func(value string) []settings.EnvFile {
		return []settings.EnvFile{{Name: ".env", Text: "PROACTOR_ACK_TIMEOUT_SECONDS=" + value}}
	}
	environ := func(value string) []string { return from("PROACTOR_ACK_TIMEOUT_SECONDS=" + value).Environ }
	for label, tc := range map[string]struct {
		sources settings.Sources
		want    float64
	}{
		"GW-195 the program beats the file":          {settings.Sources{Files: file("3"), Given: map[string]any{name: 1.5}}, 1.5},
		"GW-195 the program beats the environment":   {settings.Sources{Environ: environ("7"), Given: map[string]any{name: 1.5}}, 1.5},
		"GW-195 the environment beats the file":      {settings.Sources{Environ: environ("7"), Files: file("8")}, 7},
		"GW-195 the file beats the default":          {settings.Sources{Files: file("9")}, 9},
		"GW-195 a later file beats an earlier":       {settings.Sources{Files: append(file("9"), file("10")...)}, 10},
		"GW-195 the program says a duration":         {settings.Sources{Given: map[string]any{name: 4 * time.Second}}, 4},
		"GW-195 or a text":                           {settings.Sources{Given: map[string]any{name: "1500ms"}}, 1.5},
		"GW-195 the program's capitals do not count": {settings.Sources{Files: file("3"), Given: map[string]any{"ACK_Timeout_Seconds": 6}}, 6},
	} {
		t.Run(label, func(t *testing.T) {
			tc.sources.Prefix = "PROACTOR"
			tc.sources.Environ = append(tc.sources.Environ, "HOME=/home/me")
			require.InDelta(t, tc.want, load(t, tc.sources).AckTimeout.Seconds(), 0)
		})
	}
	t.Run("GW-217 flags before the environment before defaults", func(t *testing.T) {
		s := load(t, from("PROACTOR_LOGGING__BASE_LOG_LEVEL=error", "PROACTOR_LOGGING__LEVELS__LIFECYCLE=40"))
		require.Equal(t, logs.Levels{General: logs.Error, MessageSummary: logs.Warning, Lifecycle: logs.Error, CommEvent: logs.Info}, s.Logging.LogLevels())
		require.Equal(t, logs.Levels{General: logs.Info, MessageSummary: logs.Debug, Lifecycle: logs.Error, CommEvent: logs.Info}, s.Logging.LogLevels().Verbose())
	})
}

func TestNested(t *testing.T) {
	environ := from("PROACTOR_LOGGING__FILE_HANDLER__NUM_LOG_FILES=3", "PROACTOR_LOGGING__BASE_LOG_NAME=env")
	t.Run("GW-196 a map is merged with the environment", func(t *testing.T) {
		for _, given := range []map[string]any{
			{"logging": map[string]any{"file_handler": map[string]any{"filename": "x.log"}}},
			{"logging.file_handler.filename": "x.log"},
			{"logging": map[string]any{"file_handler.filename": "x.log"}},
		} {
			environ.Given = given
			s := load(t, environ)
			require.Equal(t, settings.LogFile{Name: "x.log", BytesMax: 2 << 20, CountMax: 3}, s.Logging.File)
			require.Equal(t, "env", s.Logging.Base)
		}
	})
	t.Run("GW-196 a value of its type replaces all of it", func(t *testing.T) {
		environ.Given = map[string]any{"logging.file_handler": settings.LogFile{Name: "x.log", BytesMax: 7, CountMax: 8}}
		s := load(t, environ)
		require.Equal(t, settings.LogFile{Name: "x.log", BytesMax: 7, CountMax: 8}, s.Logging.File)
		require.Equal(t, "env", s.Logging.Base)
	})
	t.Run("GW-196 what is replaced is no unknown variable", func(t *testing.T) {
		s := settings.Default()
		environ.Environ = append(environ.Environ, "PROACTOR_LOGGING__FILE_HANDLERS=x")
		report, err := settings.Load(&s, environ)
		require.NoError(t, err)
		require.Len(t, report.Unknown, 1)
		require.Contains(t, report.Unknown[0], "PROACTOR_LOGGING__FILE_HANDLERS")
	})
	t.Run("what the program gives stays as it is", func(t *testing.T) {
		given := map[string]settings.MQTTClient{"b": settings.NewMQTTClient()}
		in := from()
		in.Given = map[string]any{"mqtt_brokers": given}
		require.NotEmpty(t, load(t, in).MQTTBrokers["b"].TLS.Paths.Cert)
		require.Empty(t, given["b"].TLS.Paths.Cert)
	})
}

func TestUnreadable(t *testing.T) {
	for value, tc := range map[string][2]string{
		"word":                      {"ACK_TIMEOUT_SECONDS", `"word" is no number of seconds`},
		"":                          {"ACK_TIMEOUT_SECONDS", `"" is no number of seconds`},
		"1e30":                      {"MQTT_LINK_POLL_SECONDS", `"1e30" is no number of seconds`},
		"5.5":                       {"NUM_INITIAL_EVENT_REUPLOADS", `"5.5" is no whole number that fits`},
		"1" + "0000000000000000000": {"LOGGING__FILE_HANDLER__BYTES_PER_LOG_FILE", `"10000000000000000000" is no whole number that fits`},
		"loud":                      {"LOGGING__BASE_LOG_LEVEL", `"loud" is no level: it is DEBUG, INFO, WARNING, ERROR, CRITICAL or a number from 0 to 1000`},
		"maybe":                     {"LINKS__UP__ENABLED", `"maybe" is neither true nor false`},
		"{}":                        {"LOGGING", "it has settings below it: set those, as PROACTOR_LOGGING__…"},
		"[]":                        {"MQTT_BROKERS", "it has settings below it: set those, as PROACTOR_MQTT_BROKERS__…"},
	} {
		t.Run("GW-197 "+tc[0]+"="+value, func(t *testing.T) {
			name := "PROACTOR_" + tc[0]
			require.Equal(t, name+" (the environment): "+tc[1], faults(t, from(name+"="+value)))
			in := from()
			in.Files = []settings.EnvFile{{Name: "scada.env", Text: "\n" + name + "=" + value}}
			require.Equal(t, name+" (scada.env:2): "+tc[1], faults(t, in))
		})
	}
	t.Run("by name, where there are several of a kind", func(t *testing.T) {
		require.Equal(t, `PROACTOR_MQTT_BROKERS__A__PORT (the environment): "x" is no whole number that fits
PROACTOR_MQTT_BROKERS__B__PORT (the environment): "x" is no whole number that fits
PROACTOR_MQTT_BROKERS__C__PORT (the environment): "x" is no whole number that fits
PROACTOR_MQTT_BROKERS__D__PORT (the environment): "x" is no whole number that fits`,
			faults(t, from("PROACTOR_MQTT_BROKERS__C__PORT=x", "PROACTOR_MQTT_BROKERS__A__PORT=x", "PROACTOR_MQTT_BROKERS__D__PORT=x", "PROACTOR_MQTT_BROKERS__B__PORT=x")))
	})
	t.Run("all at once", func(t *testing.T) {
		in := from("PROACTOR_NUM_INITIAL_EVENT_REUPLOADS=x", "PROACTOR_ACK_TIMEOUT_SECONDS=x")
		in.Files = []settings.EnvFile{{Name: "f", Text: "what\nA='"}}
		in.Given = map[string]any{"mqtt_link_poll_seconds": true, "paths": "x", "ack_timeuot_seconds": 1}
		require.Equal(t, `f:1: a line has to be NAME=value
A (f:2): the value has no closing '
PROACTOR_PATHS (the program): a string cannot be all of it
PROACTOR_MQTT_LINK_POLL_SECONDS (the program): "true" is no number of seconds
PROACTOR_ACK_TIMEOUT_SECONDS (the environment): "x" is no number of seconds
PROACTOR_NUM_INITIAL_EVENT_REUPLOADS (the environment): "x" is no whole number that fits
the program: there is no setting "ack_timeuot_seconds"; did you mean "ack_timeout_seconds"?`, faults(t, in))
	})
}

func TestNonsense(t *testing.T) {
	for _, name := range []string{"MQTT_LINK_POLL_SECONDS", "ACK_TIMEOUT_SECONDS", "NUM_INITIAL_EVENT_REUPLOADS", "LOGGING__FILE_HANDLER__BYTES_PER_LOG_FILE", "LOGGING__FILE_HANDLER__NUM_LOG_FILES"} {
		for _, value := range []string{"0", "-1"} {
			require.Equal(t, "PROACTOR_"+name+" (the environment): it has to be more than 0", faults(t, from("PROACTOR_"+name+"="+value)))
		}
	}
	for _, value := range []string{"0", "-1", "65536"} {
		require.Equal(t, "PROACTOR_MQTT_BROKERS__B__KEEPALIVE (the environment): it has to be 1 to 65535 seconds", faults(t, from("PROACTOR_MQTT_BROKERS__B__KEEPALIVE="+value)))
	}
	for _, name := range []string{"PORT", "TLS__PORT", "BIND_PORT"} {
		name = "PROACTOR_MQTT_BROKERS__B__" + name
		for _, value := range []string{"-1", "65536"} {
			require.Equal(t, name+" (the environment): a port is 1 to 65535", faults(t, from(name+"="+value)))
		}
	}
	require.Contains(t, faults(t, from("PROACTOR_MQTT_BROKERS__B__PORT=0")), "a port is 1 to 65535")
	load(t, from("PROACTOR_MQTT_BROKERS__B__BIND_PORT=0", "PROACTOR_MQTT_BROKERS__B__PORT=65535"))
	require.Contains(t, faults(t, from("PROACTOR_MQTT_BROKERS__B__HOST=")), "PROACTOR_MQTT_BROKERS__B__HOST (the environment): it cannot be empty")
	load(t, from("PROACTOR_LINKS__UP__BROKER_NAME=x", "PROACTOR_LINKS__UP__ENABLED=no"))
	in := from()
	in.Given = map[string]any{"links": map[string]settings.Link{"up": {Upstream: true, Downstream: true}}} // and not enabled
	require.Equal(t, "PROACTOR_LINKS__UP__UPSTREAM (the program): a link cannot be both upstream and downstream", faults(t, in))
	require.Equal(t, `PROACTOR_PATHS__DATA_HOME (the default): nothing says where it is: set it, XDG_DATA_HOME or HOME
PROACTOR_PATHS__STATE_HOME (the default): nothing says where it is: set it, XDG_STATE_HOME or HOME
PROACTOR_PATHS__CONFIG_HOME (the default): nothing says where it is: set it, XDG_CONFIG_HOME or HOME`, faults(t, settings.Sources{Prefix: "PROACTOR"}))
}

func TestNonsensicalLinks(t *testing.T) {
	link := func(name string, more ...string) []string {
		at := "PROACTOR_LINKS__" + name + "__"
		return append([]string{
			"PROACTOR_MQTT_BROKERS__B__HOST=hub",
			at + "BROKER_NAME=b", at + "PEER_LONG_NAME=hw1." + name, at + "PEER_SHORT_NAME=a", at + "LINK_SUBSCRIPTION_SHORT_NAME=s",
		}, more...)
	}
	for more, want := range map[string]string{
		"BROKER_NAME=x":                 `BROKER_NAME (the environment): there is no broker "x": add it to mqtt_brokers, or set enabled=false`,
		"PEER_LONG_NAME=":               "PEER_LONG_NAME (the environment): it is empty: it says whom its messages come from",
		"PEER_SHORT_NAME=":              "PEER_SHORT_NAME (the environment): it is empty: it says whom messages go to",
		"LINK_SUBSCRIPTION_SHORT_NAME=": "LINK_SUBSCRIPTION_SHORT_NAME (the environment): it is empty: it says what the peer calls us",
		"PEER_SHORT_NAME=a/b":           `PEER_SHORT_NAME (the environment): "a/b" cannot be a part of a topic: it has one of / + #`,
		"PEER_LONG_NAME=+":              `PEER_LONG_NAME (the environment): "+" cannot be a part of a topic: it has one of / + #`,
	} {
		require.Equal(t, "PROACTOR_LINKS__UP__"+want, faults(t, from(link("UP", "PROACTOR_LINKS__UP__"+more)...)))
		load(t, from(link("UP", "PROACTOR_LINKS__UP__"+more, "PROACTOR_LINKS__UP__ENABLED=no")...))
	}
	for _, role := range []string{"UPSTREAM", "DOWNSTREAM"} {
		two := append(link("A", "PROACTOR_LINKS__A__"+role+"=yes"), link("B", "PROACTOR_LINKS__B__"+role+"=yes")...)
		require.Equal(t, "PROACTOR_LINKS__B__"+role+` (the environment): link "a" has that role already: only one can`, faults(t, from(two...)))
		load(t, from(append(two, "PROACTOR_LINKS__A__ENABLED=no")...))
	}
}

func TestUnknown(t *testing.T) {
	t.Run("GW-197 unknown names do no harm, and are told", func(t *testing.T) {
		in := from("PROACTOR_ACK_TIMEUOT_SECONDS=x", "PATH=/bin", "=C:=C:/", "odd")
		in.Files = []settings.EnvFile{{Name: ".env", Text: "OTHER=1\nPROACTOR_Z=secret\nPROACTOR_MQTT_BROKERS__B__HSOT=x"}}
		s := settings.Default()
		report, err := settings.Load(&s, in)
		require.NoError(t, err)
		require.Equal(t, []string{
			"PROACTOR_ACK_TIMEUOT_SECONDS (the environment): there is no such setting; did you mean PROACTOR_ACK_TIMEOUT_SECONDS?",
			"PROACTOR_MQTT_BROKERS__B__HSOT (.env:3): there is no such setting; did you mean PROACTOR_MQTT_BROKERS__B__HOST?",
			"PROACTOR_Z (.env:2): there is no such setting",
		}, report.Unknown)
	})
}

// An own program's settings are read with ours.
func TestOwnSettings(t *testing.T) {
	type tank struct {
		Litres float64 `setting:"litres"`
	}
	type own struct {
		settings.Settings
		Tank   tank           `setting:"tank"`
		Limits map[string]int `setting:"limits"`
		List   []int          `setting:"list"`
		NoName string
	}
	o := own{Settings: settings.Default(), Limits: map[string]int{"hot": 60}}
	in := settings.Sources{Prefix: "SCADA", Environ: []string{"HOME=/home/me", "SCADA_TANK__LITRES=300.5", "SCADA_ACK_TIMEOUT_SECONDS=3", "SCADA_LIMITS__COLD=5"}}
	_, err := settings.Load(&o, in)
	require.NoError(t, err)
	require.Equal(t, []any{300.5, 3 * time.Second, map[string]int{"hot": 60, "cold": 5}}, []any{o.Tank.Litres, o.AckTimeout, o.Limits})
	require.NotEmpty(t, o.Paths.Certs, "Complete is ours")

	for _, bad := range []string{"NaN", "inf", "1e999", "x"} {
		_, err = settings.Load(&o, settings.Sources{Prefix: "SCADA", Environ: []string{"HOME=/home/me", "SCADA_TANK__LITRES=" + bad}})
		require.EqualError(t, err, `SCADA_TANK__LITRES (the environment): "`+bad+`" is no number that fits`)
	}
	_, err = settings.Load(&o, settings.Sources{Prefix: "SCADA", Environ: []string{"SCADA_LIST=1"}})
	require.ErrorContains(t, err, "a []int cannot be set by a text")
	for _, into := range []any{nil, o, new(int), (*own)(nil)} {
		_, err = settings.Load(into, settings.Sources{})
		require.ErrorContains(t, err, "it has to be a pointer to a struct")
	}
}

// Whatever stands in the environment and the files, Load returns; and what it
// reports as a file of variables is read as the same settings.
func TestReportIsAFile(t *testing.T) {
	paths := rapid.SampledFrom([]string{"ACK_TIMEOUT_SECONDS", "PATHS__NAME", "PATHS__BASE", "LOGGING__BASE_LOG_LEVEL", "MQTT_BROKERS__B__HOST", "MQTT_BROKERS__B__TLS__USE_TLS", "MQTT_BROKERS__C__USERNAME", "LINKS__L__ENABLED", "LINKS__L", "_", ""})
	values := rapid.OneOf(rapid.StringMatching(`[ -~]{0,8}`), rapid.SampledFrom([]string{"1", "0.25", "true", "no", "20", "a # b", ` "`, `\n`, "#"}))
	rapid.Check(t, func(t *rapid.T) {
		in := from()
		for range rapid.IntRange(0, 6).Draw(t, "variables") {
			in.Environ = append(in.Environ, "PROACTOR_"+paths.Draw(t, "path")+"="+values.Draw(t, "value"))
		}
		s := settings.Default()
		report, err := settings.Load(&s, in)
		if err != nil {
			require.ErrorAs(t, err, new(*settings.Error))
			return
		}
		again := settings.Default()
		_, err = settings.Load(&again, settings.Sources{Prefix: "PROACTOR", Files: []settings.EnvFile{{Name: "f", Text: report.String()}}})
		require.NoError(t, err, report.String())
		require.Equal(t, s, again, report.String())
	})
}

func FuzzEnvFile(f *testing.F) {
	for _, text := range []string{"PROACTOR_PATHS__NAME=x", "export PROACTOR_ACK_TIMEOUT_SECONDS='1'", "A=\"\\", "=\n#\n==", "PROACTOR_MQTT_BROKERS__B=1\nPROACTOR_MQTT_BROKERS____=2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := settings.Default()
		in := from()
		in.Files = []settings.EnvFile{{Name: "f", Text: text}}
		if _, err := settings.Load(&s, in); err != nil {
			require.ErrorAs(t, err, new(*settings.Error))
		}
	})
}
