package conn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

const howToWrite = "write it like mqtt://hub:1883, with mqtt, mqtts, ws or wss"

// scheme is how a broker is spoken to.
type scheme struct {
	port           string
	tls, websocket bool
}

var schemes = map[string]scheme{
	"mqtt":  {port: "1883"},
	"tcp":   {port: "1883"},
	"mqtts": {port: "8883", tls: true},
	"ssl":   {port: "8883", tls: true},
	"ws":    {port: "80", websocket: true},
	"wss":   {port: "443", tls: true, websocket: true},
}

// Parse reads the address of a broker and gives it a port if it has none. The
// user and the password in it, if any, are in the result. Errors wrap
// [ErrAddress] and never show a password.
func Parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %q cannot be read: %s; %s", ErrAddress, Redacted(address), why(err), howToWrite)
	}
	s, ok := schemes[u.Scheme]
	if !ok || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: %q is none; %s", ErrAddress, Redacted(address), howToWrite)
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), s.port)
	} else if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("%w: %q: the port must be from 1 to 65535", ErrAddress, Redacted(address))
	}
	return u, nil
}

// why is what url.Parse has to complain about, without the text it complains
// about: any part of it may be of a password.
func why(err error) string {
	var escape url.EscapeError
	var host url.InvalidHostError
	switch {
	case errors.As(err, &escape):
		return "a % in it must be followed by two hexadecimal digits"
	case errors.As(err, &host):
		return "there is a character in the host that cannot be"
	}
	return "its host or port is not written as in a URL, or the password has characters like / or # that must be %-escaped"
}

const hidden = "xxxxx"

// Redacted is an address as it may be shown: without a password, also where it
// is no address at all. A query is hidden too: some brokers take a token there.
func Redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return redactedText(address)
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), hidden)
	}
	if u.RawQuery != "" {
		u.RawQuery = hidden
	}
	return u.String()
}

// redactedText hides whatever may be of a password in what is no URL: all
// before the last @, or else what stands where a port should.
func redactedText(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if ok {
		scheme += "://"
	} else {
		scheme, rest = "", address
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		return scheme + hidden + rest[i:]
	}
	host, port, ok := strings.Cut(rest, ":")
	if _, err := strconv.Atoi(port); ok && err != nil {
		return scheme + host + ":" + hidden
	}
	return address
}
