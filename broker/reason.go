package broker

import (
	"errors"
	"fmt"
	"io"
	"net"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// endReason says why a network client's connection ended, without its address;
// empty: the client said so itself.
func endReason(cl *mochi.Client, err error) string {
	if c, ok := cl.Net.Conn.(*conn); ok {
		if why := c.reason(); why != "" {
			return why
		}
	}
	var op *net.OpError
	var slow net.Error
	switch {
	case err == nil, errors.Is(err, packets.CodeDisconnect):
		return ""
	case errors.As(err, &slow) && slow.Timeout():
		return fmt.Sprintf("it said nothing for one and a half times its keepalive of %d s", cl.State.Keepalive) // [MQTT-3.1.2-24]
	case errors.Is(err, packets.ErrPacketTooLarge):
		return "its packet was too large"
	case errors.Is(err, packets.ErrTopicAliasInvalid):
		return "it used a topic alias that stands for nothing"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was lost"
	case errors.As(err, &op):
		return "the connection was lost: " + op.Err.Error()
	}
	return err.Error()
}
