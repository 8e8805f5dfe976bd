package conn_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// both runs a test with our broker and with mosquitto.
func both(t *testing.T, s setup, test func(t *testing.T, o conn.Options, ours bool)) {
	versions(t, func(t *testing.T, v conn.Version) {
		t.Run("served", func(t *testing.T) { test(t, options(t, serve(t, s).address, v), true) })
		t.Run("mosquitto", func(t *testing.T) { test(t, options(t, mosquitto(t, s), v), false) })
	})
}

func TestPassword(t *testing.T) {
	both(t, setup{scheme: "mqtt", users: true}, func(t *testing.T, o conn.Options, ours bool) {
		for _, user := range []string{"u", ""} {
			bad := o
			bad.User = user
			if user != "" {
				bad.Broker = strings.Replace(o.Broker, "://", "://u:secret@", 1)
			}
			_, err := try(t, bad)
			require.ErrorIs(t, err, conn.ErrConnect)
			require.NotContains(t, err.Error(), "secret")
			var r *conn.RefusedError
			require.ErrorAs(t, err, &r)
			require.Equal(t, o.Version, r.Version)
			require.Contains(t, conn.Hint(err), "password")
		}
		o.Broker = strings.Replace(o.Broker, "://", "://u:right@", 1)
		l := dial(t, o)
		o.Broker = strings.Replace(o.Broker, "u:right", "x:secret", 1)
		o.User, o.Password = "u", "right"
		_ = dial(t, o) // those count

		if ours {
			err := l.Subscribe(t.Context(), conn.Subscription{Filter: "open/a", QoS: 1}, conn.Subscription{Filter: "closed/b"}, conn.Subscription{Filter: "open/c", ID: 3}, conn.Subscription{Filter: "closed/d"})
			require.ErrorIs(t, err, conn.ErrSubscribe)
			code := "not authorised (code 0x87)"
			if o.Version == conn.V311 {
				code = "not allowed to this user, or otherwise refused (code 0x80)"
			}
			require.EqualError(t, err, fmt.Sprintf(`the broker did not accept the subscription: "closed/b": %s; "closed/d": %s`, code, code))
			l.publish(t, mqtt.Message{Topic: "open/a"}, mqtt.Message{Topic: "open/c"})
			require.Equal(t, "open/a", l.hear(t).Topic)
			require.Equal(t, "open/c", l.hear(t).Topic)
			return
		}
		done := make(chan error, 1)
		require.NoError(t, l.Publish(mqtt.Message{Topic: "closed", QoS: 1}, func(err error) { done <- err }))
		if err := next(t, "an acknowledgement", done); o.Version == conn.V5 {
			require.ErrorIs(t, err, conn.ErrPublish)
			require.ErrorContains(t, err, "not authorised")
		} else {
			require.NoError(t, err, "3.1.1 has no words for it")
		}
	})
}

func TestClientCertificate(t *testing.T) {
	both(t, setup{scheme: "mqtts", wantsCert: true}, func(t *testing.T, o conn.Options, _ bool) {
		_, err := try(t, o)
		require.ErrorIs(t, err, conn.ErrConnect)
		require.Contains(t, conn.Hint(err), "certificate", "for %v", err)
		o.TLS.Certificates = []tls.Certificate{certificates(t).client}
		l := dial(t, o)
		l.publish(t, mqtt.Message{Topic: "a", QoS: 1})
	})
}

// What is wrong is said in words that help.
func TestHint(t *testing.T) {
	plain, secure, web := serve(t, setup{scheme: "mqtt"}).address, serve(t, setup{scheme: "mqtts"}).address, ""
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	web = "ws://" + s.Listener.Addr().String() + "/x"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	alert := fake(t, func(p *peer) { p.await(1); p.write(0x15, 3, 1, 0, 2, 2, 70) })
	http400 := fake(t, func(p *peer) { p.await(1); p.write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")...) })
	trusting := options(t, "", 0).TLS
	for _, c := range []struct {
		name, broker string
		tls          *tls.Config
		want         string
	}{
		{"refused", "mqtt://" + closed, nil, "nothing listens on this port"},
		{"no such host", "mqtt://does-not-exist.invalid", nil, "name"},
		{"an unknown authority", secure, nil, "signed by nobody that we trust"},
		{"another name", strings.Replace(secure, "127.0.0.1", "localhost", 1), trusting, "for another name"},
		{"TLS to a plain port", strings.Replace(plain, "mqtt://", "mqtts://", 1), nil, "TLS"},
		{"plain to a TLS port", strings.Replace(secure, "mqtts://", "mqtt://", 1), nil, "TLS"},
		{"an alert", alert, nil, "this port wants TLS; write mqtts://"},
		{"no WebSocket", web, nil, "no MQTT at this path"},
		{"HTTP", http400, nil, "this port speaks HTTP"},
		{"nothing useful", fake(t, func(p *peer) { p.await(1); p.write(0xf0, 0) }), nil, "no MQTT broker"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := try(t, conn.Options{Broker: c.broker, TLS: c.tls, User: "u", Password: "secret"})
			require.ErrorIs(t, err, conn.ErrConnect)
			require.Contains(t, conn.Hint(err), c.want, "for %v", err)
			require.NotContains(t, err.Error(), "secret")
		})
	}
	require.Empty(t, conn.Hint(nil))
	require.Contains(t, conn.Hint(conn.ErrConnect), "is the broker running")
}

func TestHintRefused(t *testing.T) {
	for _, c := range []struct {
		v5, v311 byte
		want     string
	}{
		{0x86, 4, "does not know this user"},
		{0x87, 5, "what it lets this user do"},
		{0x85, 2, "client id"},
		{0x88, 3, "cannot serve us now"},
		{0x89, 0, "cannot serve us now"},
		{0x84, 1, "does not speak this version"},
		{0x8a, 0, "banned"},
		{0x97, 0, "limits its clients"},
		{0x9f, 0, "limits its clients"},
		{0x9d, 0, "elsewhere"},
		{0x9a, 0, "will message"},
		{0x80, 99, "its log may say why"},
	} {
		for v, packet := range map[conn.Version][]byte{conn.V5: {0x20, 8, 0, c.v5, 5, 0x1f, 0, 2, 'n', 'o'}, conn.V311: {0x20, 2, 0, c.v311}} {
			if v == conn.V311 && c.v311 == 0 {
				continue
			}
			_, err := try(t, conn.Options{Version: v, Broker: fake(t, func(p *peer) { p.await(1); p.write(packet...) })})
			var r *conn.RefusedError
			require.ErrorAs(t, err, &r, "%x", packet)
			require.Equal(t, v, r.Version)
			require.Equal(t, packet[3], r.Code)
			require.Contains(t, conn.Hint(err), c.want)
			if v == conn.V5 {
				require.Equal(t, "no", r.Reason)
				require.ErrorContains(t, err, `it says "no"`)
			}
		}
	}
}
