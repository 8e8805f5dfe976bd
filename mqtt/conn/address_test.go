package conn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for address, host := range map[string]string{
		"mqtt://hub": "hub:1883", "tcp://hub": "hub:1883", "mqtts://hub": "hub:8883", "ssl://hub": "hub:8883",
		"ws://hub/mqtt": "hub:80", "wss://hub/a/b": "hub:443", "wss://hub:9001": "hub:9001",
		"mqtt://[::1]": "[::1]:1883", "mqtts://[fe80::1]:1": "[fe80::1]:1", "mqtt://u:p@hub": "hub:1883", "MQTT://hub": "hub:1883",
	} {
		u, err := conn.Parse(address)
		require.NoError(t, err, address)
		require.Equal(t, host, u.Host, address)
	}
	u, err := conn.Parse("wss://me:secret@hub/a/b")
	require.NoError(t, err)
	require.Equal(t, "/a/b", u.Path)
	p, _ := u.User.Password()
	require.Equal(t, "me secret", u.User.Username()+" "+p)
	for _, address := range []string{
		"", "hub", "hub:1883", "mqtt:", "mqtt://", "mqtt://:1883", "http://u:secret@hub", "mqtt://u:secret@hub:x",
		"mqtt://u:secret@hub:0", "mqtt://u:secret@hub:65536", "mqtt://u:se/secret@hub", "mqtt://u:%secret@hub", "u:secret@hub",
		"mqtt://u:secret@hub bub", "mqtt://u:secret", "mqtt://u:se@cret@hub\x00",
	} {
		_, err := conn.Parse(address)
		require.ErrorIs(t, err, conn.ErrAddress, address)
		require.ErrorContains(t, err, "mqtt", "it does not say how to write it")
		require.NotContains(t, err.Error(), "secret", address)
		require.NotContains(t, err.Error(), "cret@", address)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestRedacted(t *testing.T) {
	for address, want := range map[string]string{
		"mqtt://hub:1883":           "mqtt://hub:1883",
		"mqtt://u@hub":              "mqtt://u@hub",
		"mqtt://u:secret@hub":       "mqtt://u:xxxxx@hub",
		"mqtt://:secret@hub":        "mqtt://:xxxxx@hub",
		"wss://hub/mqtt?token=s#f":  "wss://hub/mqtt?xxxxx#f",
		"mqtt://u:1/secret@hub:5":   "mqtt://xxxxx@hub:5",
		"mqtt://u:1#secret@hub":     "mqtt://xxxxx@hub",
		"mqtt://u:1?secret@hub":     "mqtt://xxxxx@hub",
		"u:secret@hub":              "xxxxx@hub",
		"mqtt://u:secret":           "mqtt://u:xxxxx",
		"u:secret":                  "u:xxxxx",
		"hub:1883":                  "hub:1883",
		"hub":                       "hub",
		"":                          "",
		"mqtt://u:se@secret@hub:po": "mqtt://xxxxx@hub:po",
	} {
		require.Equal(t, want, conn.Redacted(address), address)
	}
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringMatching(`secret[ -~]{0,8}secret`).Draw(t, "password")
		address := rapid.SampledFrom([]string{"", "mqtt://", "wss://", "x:", "//"}).Draw(t, "scheme") + "u:" + password + "@hub" +
			rapid.SampledFrom([]string{"", ":1", ":x", "/p", "\x00"}).Draw(t, "rest")
		_, err := conn.Parse(address)
		for _, text := range []string{conn.Redacted(address), errorText(err)} {
			if strings.Contains(text, "secret") {
				t.Fatalf("%q shows the password of %q", text, address)
			}
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestVersion(t *testing.T) {
	for _, v := range []conn.Version{conn.Auto, conn.V311, conn.V5} {
		got, err := conn.ParseVersion(v.String())
		require.NoError(t, err)
		require.Equal(t, v, got)
	}
	for _, text := range []string{"", "4", "3.1", "5.0", "3, which is no version"} {
		_, err := conn.ParseVersion(text)
		require.ErrorIs(t, err, conn.ErrOptions, text)
	}
	require.Equal(t, "3, which is no version", conn.Version(3).String())
}

func TestOptions(t *testing.T) {
	long := strings.Repeat("x", 65_536)
	for name, o := range map[string]conn.Options{
		"version":           {Version: 3},
		"keep alive":        {KeepAlive: -1},
		"long keep alive":   {KeepAlive: 65_536 * time.Second},
		"timeout":           {Timeout: -1},
		"no user":           {Password: "secret"},
		"long password":     {User: "u", Password: long},
		"long client id":    {ClientID: long},
		"will's topic":      {Will: &mqtt.Message{Topic: "a/#"}},
		"will's QoS":        {Will: &mqtt.Message{Topic: "a", QoS: 3}},
		"will's payload":    {Will: &mqtt.Message{Topic: "a", Payload: []byte(long)}},
		"will's properties": {Will: &mqtt.Message{Topic: "a", Properties: &mqtt.Properties{ContentType: "x"}}},
	} {
		o.Broker = "mqtt://127.0.0.1:1"
		_, err := conn.Dial(t.Context(), o)
		require.ErrorIs(t, err, conn.ErrOptions, name)
		require.NotErrorIs(t, err, conn.ErrConnect, name)
		require.NotContains(t, err.Error(), "secret")
		require.Contains(t, conn.Hint(err), "nothing was sent")
	}
	_, err := conn.Dial(t.Context(), conn.Options{Broker: "nowhere"})
	require.ErrorIs(t, err, conn.ErrAddress)
}
