package hub

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Listen is one place where devices connect.
type Listen struct {
	// Address is host:port; an empty host is every address of the machine, port 0
	// takes a free one.
	Address string
	// Secure asks for TLS, which then must be there.
	Secure bool
	// TLS encrypts; nil: plain text. It must hold a certificate.
	TLS *tls.Config
	// WebSocket speaks MQTT over WebSocket, on any path.
	WebSocket bool
}

// schemes are what an address may begin with, and its port if it has none; 0:
// it needs one.
var schemes = map[string]struct {
	listen Listen
	port   uint16
}{
	"mqtt":  {Listen{}, 1883},
	"tcp":   {Listen{}, 1883},
	"mqtts": {Listen{Secure: true}, 8883},
	"ssl":   {Listen{Secure: true}, 8883},
	"ws":    {Listen{WebSocket: true}, 0},
	"wss":   {Listen{Secure: true, WebSocket: true}, 0},
}

// ParseListen reads "mqtt://:1883", "mqtts://0.0.0.0", "ws://:9001", "wss://…",
// "host:1883", ":1883" or "1883". Errors wrap ErrOptions.
func ParseListen(s string) (Listen, error) {
	bad := func(why string, args ...any) (Listen, error) {
		return Listen{}, fmt.Errorf("%w: %q is no address to listen on: %s", ErrOptions, s, fmt.Sprintf(why, args...))
	}
	scheme, rest, has := strings.Cut(s, "://")
	if !has {
		scheme, rest = "mqtt", s
		if _, err := strconv.Atoi(s); err == nil { // nobody's host is a number
			rest = ":" + s
		}
	}
	known, ok := schemes[strings.ToLower(scheme)]
	if !ok {
		return bad("it begins with none of mqtt://, mqtts://, ws:// and wss://")
	}
	u, err := url.Parse("x://" + rest)
	switch {
	case err != nil:
		return bad("write host:port")
	case u.User != nil:
		return bad("users have a file of their own")
	case u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/" && !known.listen.WebSocket):
		return bad("something follows the port")
	}
	l, port := known.listen, u.Port()
	if port == "" {
		if u.Host == "" && !has || strings.HasSuffix(u.Host, ":") {
			return bad("there is no port")
		}
		if known.port == 0 {
			return bad("a WebSocket has no usual port: give one")
		}
		port = strconv.Itoa(int(known.port))
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return bad("the port must be from 0 to 65535")
	}
	l.Address = net.JoinHostPort(u.Hostname(), port)
	return l, nil
}

// String is the address as ParseListen reads it.
func (l Listen) String() string {
	scheme := "mqtt"
	if l.WebSocket {
		scheme = "ws"
	}
	if l.Secure || l.TLS != nil {
		scheme += "s"
	}
	return scheme + "://" + l.Address
}
