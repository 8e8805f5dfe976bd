package pcap

import (
	"errors"
	"fmt"
)

// Wrapped by the [PacketError] that [Reader.Next] returns.
var (
	// ErrNotCapture: the file is no packet capture, or of a kind that is not known.
	ErrNotCapture = errors.New("not a packet capture that can be read")
	// ErrTruncated: the file ends in the middle of a packet.
	ErrTruncated = errors.New("the capture breaks off in the middle of a packet; --lenient takes it as the end")
	// ErrDamaged: the file holds something that no capture does.
	ErrDamaged = errors.New("the capture is damaged; --lenient takes what is before")
)

// Wrapped by the [PacketError] in [Stats].
var (
	// ErrPacket: an MQTT packet breaks the protocol.
	ErrPacket = errors.New("not an MQTT packet")
	// ErrLost: part of an MQTT packet is not in the capture.
	ErrLost = errors.New("part of an MQTT packet is missing")
	// ErrAlias: a message has an alias in place of its topic, and the packet
	// that gave it its meaning was not seen.
	ErrAlias = errors.New("unknown topic alias")
	// ErrLimit: a connection needed more memory than there is for all.
	ErrLimit = errors.New("too much to keep in memory")
)

// PacketError is something in a capture that cannot be used.
type PacketError struct {
	File   string
	Packet int64 // number of the captured packet, from 1 as Wireshark counts; 0: before the first
	Err    error
}

// Error says where and why.
func (e *PacketError) Error() string {
	if e.Packet == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s: packet %d: %v", e.File, e.Packet, e.Err)
}

// Unwrap returns the reason.
func (e *PacketError) Unwrap() error { return e.Err }
