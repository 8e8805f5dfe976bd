package broker

import (
	"errors"
	"io"
	"net"

	"github.com/gorilla/websocket"
)

// errNotBinary: MQTT goes in binary frames only [MQTT-6.0.0-1].
var errNotBinary = errors.New("a WebSocket frame is not binary")

// wsConn reads and writes a WebSocket as one stream of bytes [MQTT-6.0.0-2].
type wsConn struct {
	net.Conn
	ws    *websocket.Conn
	frame io.Reader // what is left of the present frame; nil: take the next
}

// Read reads from one frame at a time.
func (c *wsConn) Read(p []byte) (int, error) {
	for {
		if c.frame == nil {
			kind, r, err := c.ws.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, errNotBinary
			}
			c.frame = r
		}
		n, err := c.frame.Read(p)
		if errors.Is(err, io.EOF) { // the end of the frame only
			c.frame, err = nil, nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// Write sends one binary frame.
func (c *wsConn) Write(p []byte) (int, error) {
	if err := c.ws.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}
