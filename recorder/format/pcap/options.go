package pcap

import "slices"

// Options say how to read a capture. The zero value takes every MQTT connection.
type Options struct {
	// File is the name to put in errors; "": "input".
	File string
	// Ports restricts the reader to connections with one of these TCP ports on
	// either side. None: all connections are looked at; those without 1883 need
	// a CONNECT at their beginning, or several packets that can only be MQTT.
	Ports []uint16
	// Dedupe keeps one copy of a message that was seen several times: on its way
	// to the broker and to each subscriber.
	Dedupe bool
	// Lenient takes a damaged file for its whole part: where it breaks off is
	// counted, in Stats.Skipped, and then the end.
	Lenient bool
}

// Stats say what a reader met so far.
type Stats struct {
	Records int // given
	Held    int // records whose time stepped back and was held at the latest seen
	// Skipped counts MQTT packets that could not be understood or were not
	// whole, connections that could not be followed, and with Lenient the place
	// where the file breaks off. FirstSkipped says why the first was; nil: none.
	Skipped      int
	FirstSkipped error

	Streams    int // TCP connections that speak MQTT
	NotMQTT    int // TCP connections with data that do not
	Encrypted  int // connections on MQTT's ports that speak TLS; they are in NotMQTT too
	WebSocket  int // those of Streams that came in a WebSocket
	Duplicates int // messages that Dedupe left out

	// LostBytes counts what is missing from MQTT connections, and what had to be
	// passed over to find the next packet.
	LostBytes int64
	CutShort  int // captured packets that lack their end (the capture's snap length)
	Fragments int // IP fragments, which are not put together
}

// The ports that MQTT is registered for.
const (
	portMQTT  = 1883
	portMQTTS = 8883
)

func (o *Options) wants(a, b uint16) bool {
	return len(o.Ports) == 0 || slices.Contains(o.Ports, a) || slices.Contains(o.Ports, b)
}

// expects reports whether MQTT is to be expected on a port.
func (o *Options) expects(port uint16) bool {
	if len(o.Ports) == 0 {
		return port == portMQTT
	}
	return slices.Contains(o.Ports, port)
}

// expectsTLS reports whether what is encrypted on a port is likely to be MQTT.
func (o *Options) expectsTLS(port uint16) bool {
	return o.expects(port) || len(o.Ports) == 0 && port == portMQTTS
}
