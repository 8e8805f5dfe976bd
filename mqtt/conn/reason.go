package conn

import "fmt"

// The return codes of a CONNACK of MQTT 3.1.1 (3.2.2.3).
const (
	returnVersion     = 0x01
	returnClientID    = 0x02
	returnUnavailable = 0x03
	returnBadUser     = 0x04
	returnNotAllowed  = 0x05
)

// Reason codes of MQTT 5 (2.4) that something here depends on.
const (
	refused          = 0x80 // this and all above it are errors
	reasonVersion    = 0x84
	reasonClientID   = 0x85
	reasonBadUser    = 0x86
	reasonNotAllowed = 0x87
	reasonNoServer   = 0x88
	reasonBusy       = 0x89
	reasonBanned     = 0x8a
	reasonUnknownID  = 0x92
	reasonTooLarge   = 0x95
	reasonQuota      = 0x97
	reasonNoRetain   = 0x9a
	reasonQoS        = 0x9b
	reasonElsewhere  = 0x9c
	reasonMoved      = 0x9d
	reasonTooOften   = 0x9f
)

func returnText(code byte) string {
	switch code {
	case 0:
		return "accepted, in the format of MQTT 3.1.1"
	case returnVersion:
		return "it does not speak this version"
	case returnClientID:
		return "client id not accepted"
	case returnUnavailable:
		return "server unavailable"
	case returnBadUser:
		return "bad user name or password"
	case returnNotAllowed:
		return "not authorised"
	}
	return "a code that MQTT 3.1.1 does not know"
}

var reasons = map[byte]string{
	0x04: "disconnect with will message",
	0x10: "no matching subscribers",
	0x11: "no such subscription",
	0x80: "unspecified error",
	0x81: "malformed packet",
	0x82: "protocol error",
	0x83: "implementation specific error",
	0x84: "it does not speak this version",
	0x85: "client id not accepted",
	0x86: "bad user name or password",
	0x87: "not authorised",
	0x88: "server unavailable",
	0x89: "server busy",
	0x8a: "banned",
	0x8b: "server shutting down",
	0x8c: "bad authentication method",
	0x8d: "keep alive timeout",
	0x8e: "session taken over: another client connected with this client id",
	0x8f: "topic filter not accepted",
	0x90: "topic name not accepted",
	0x91: "packet identifier in use",
	0x92: "packet identifier not found",
	0x93: "receive maximum exceeded",
	0x94: "topic alias invalid",
	0x95: "packet too large",
	0x96: "message rate too high",
	0x97: "quota exceeded",
	0x98: "administrative action",
	0x99: "the payload is not in the format that it declares",
	0x9a: "retained messages not supported",
	0x9b: "QoS not supported",
	0x9c: "use another server",
	0x9d: "server moved",
	0x9e: "shared subscriptions not supported",
	0x9f: "connection rate exceeded",
	0xa0: "maximum connect time",
	0xa1: "subscription identifiers not supported",
	0xa2: "wildcard subscriptions not supported",
}

func reasonText(code byte) string {
	if text, ok := reasons[code]; ok {
		return text
	}
	return fmt.Sprintf("code 0x%02x, which MQTT 5 does not know", code)
}

// withReason adds what the broker says about a code, if it says anything.
func withReason(code byte, says string) string {
	text := fmt.Sprintf("%s (code 0x%02x)", reasonText(code), code)
	if says != "" {
		text += fmt.Sprintf(": it says %q", says)
	}
	return text
}
