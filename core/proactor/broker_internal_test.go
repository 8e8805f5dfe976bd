package proactor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

func TestBrokerOptions(t *testing.T) {
	b := settings.NewMQTTClient()
	b.Host, b.Username, b.Password, b.TLS.Use = "hub", "me", settings.NewSecret("x"), false
	o, err := brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, link.DialOptions{Broker: "mqtt://hub:1883", User: "me", Password: "x", KeepAlive: time.Minute}, o)

	b.KeepAliveSeconds, b.BindAddress, b.BindPort = 7, "10.0.0.2", 0
	o, err = brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, 7*time.Second, o.KeepAlive)
	require.Equal(t, "10.0.0.2:0", o.LocalAddr)

	b.BindAddress, b.BindPort = "", 1900
	o, err = brokerOptions(b)
	require.NoError(t, err)
	require.Equal(t, ":1900", o.LocalAddr)
}
