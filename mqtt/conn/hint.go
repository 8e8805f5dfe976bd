package conn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/gorilla/websocket"
)

// Hint says in one sentence what to look at when Dial has failed; "" for nil.
func Hint(err error) string {
	var r *RefusedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return hintRefused(r)
	case errors.Is(err, ErrAddress), errors.Is(err, ErrOptions):
		return "nothing was sent; put right what the error names"
	}
	for _, hint := range []func(error) string{hintTLS, hintNetwork} {
		if text := hint(err); text != "" {
			return text
		}
	}
	return "is the broker running, and is the address right?"
}

func hintRefused(r *RefusedError) string {
	code := r.Code
	if r.Version == V311 || r.Old { // in the words of MQTT 5
		code = map[byte]byte{
			returnVersion: reasonVersion, returnClientID: reasonClientID, returnUnavailable: reasonNoServer,
			returnBadUser: reasonBadUser, returnNotAllowed: reasonNotAllowed,
		}[r.Code]
	}
	switch code {
	case reasonBadUser:
		return "the broker is there and does not know this user with this password; check both"
	case reasonNotAllowed:
		return "the broker is there and does not let us in; check user name and password, whether it wants a client certificate, and what it lets this user do"
	case reasonClientID:
		return "the broker is there and does not take this client id; choose another"
	case reasonVersion:
		return "the broker is there and does not speak this version of MQTT; ask for another, or for auto"
	case reasonBanned:
		return "the broker is there and has banned this client or this address; look at its list of bans"
	case reasonNoServer, reasonBusy:
		return "the broker is there and cannot serve us now; try again later and look at its log"
	case reasonQuota, reasonTooOften:
		return "the broker is there and limits its clients; try again later, or raise its limit of connections"
	case reasonElsewhere, reasonMoved:
		return "the broker is there and sends its clients elsewhere; connect to the server that it names"
	case reasonTooLarge, reasonNoRetain, reasonQoS:
		return "the broker is there and does not take the will message; make it smaller, without retain, or of a lower QoS"
	}
	if r.Old && r.Code == 0 {
		return "the broker speaks MQTT 3.1.1; ask for that, or for auto"
	}
	return "the broker is there and refuses us; its log may say why"
}

func hintTLS(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	text := err.Error()
	switch {
	case errors.Is(err, errSpeaksTLS):
		return "this port wants TLS; write mqtts:// or wss://"
	case errors.Is(err, errSpeaksHTTP):
		return "this port speaks HTTP; write ws:// or wss:// with the path of the broker's WebSocket, or give the port for MQTT"
	case errors.As(err, &header):
		return "this port does not speak TLS; write mqtt:// or ws://, or give the port for TLS"
	case errors.As(err, &unknown):
		return "the broker's certificate is signed by nobody that we trust; give the certificate of its authority"
	case errors.As(err, &name):
		return "the broker's certificate is for another name; connect by a name that is in it"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the broker's certificate is not valid at this time; renew it, or set this machine's clock"
	case errors.As(err, &invalid):
		return "the broker's certificate cannot be used; look at how it was made"
	case strings.Contains(text, "tls: certificate required"), strings.Contains(text, "tls: bad certificate"),
		strings.Contains(text, "tls: unknown certificate"), strings.Contains(text, "tls: certificate unknown"):
		return "the broker wants a client certificate, or another one; give a certificate and a key that its authority has signed"
	case strings.Contains(text, "remote error: tls:"):
		return "the broker ends the TLS handshake; it may want a client certificate or another version of TLS: look at its log"
	}
	return ""
}

func hintNetwork(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, websocket.ErrBadHandshake):
		return "there is a web server, but no MQTT at this path; many brokers have theirs at /mqtt"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host of this name; check how it is written, or give its address"
	case errors.As(err, &dns):
		return "the name of the host cannot be looked up now; check this machine's network"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the host is there, and nothing listens on this port; is the broker running, and is it the right port?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to this host; check its address and this machine's network"
	case errors.Is(err, context.Canceled):
		return "it was given up before the broker had answered"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "nothing answers; check the address and the port, and whether a firewall is between"
	case errors.Is(err, ErrMalformed):
		return "something answers that is no MQTT broker; check the port"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it closes the connection at once; does this port want TLS or a client certificate, is it the port for MQTT, and does the broker limit its clients?"
	}
	return ""
}
