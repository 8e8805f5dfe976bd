package link

import (
	"crypto/x509"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/stretchr/testify/require"
)

func TestPahoOptions(t *testing.T) {
	o, err := pahoOptions(DialOptions{Broker: "mqtt://hub"})
	require.NoError(t, err)
	require.EqualValues(t, 30, o.KeepAlive)
	require.Nil(t, o.Dialer.LocalAddr)
	o, err = pahoOptions(DialOptions{Broker: "mqtt://hub", KeepAlive: 7 * time.Second, LocalAddr: "127.0.0.1:5", Timeout: time.Minute})
	require.NoError(t, err)
	require.EqualValues(t, 7, o.KeepAlive)
	require.Equal(t, "127.0.0.1:5", o.Dialer.LocalAddr.String())
	require.Equal(t, time.Minute, o.Dialer.Timeout)
	_, err = pahoOptions(DialOptions{Broker: "mqtt://hub", LocalAddr: "127.0.0.1"})
	require.ErrorContains(t, err, `connect from "127.0.0.1"`)
}

func TestHint(t *testing.T) {
	for want, cause := range map[string]error{
		"refuses this user":             packets.ErrorRefusedNotAuthorised,
		"certificate of its authority":  x509.UnknownAuthorityError{},
		"nothing listens on this port":  syscall.ECONNREFUSED,
		"does this port want TLS":       syscall.ECONNRESET,
		"is the broker running, and is": errors.New("something else"),
	} {
		require.Contains(t, hint(fmt.Errorf("network Error : %w", cause)), want)
	}
}
