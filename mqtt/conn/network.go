package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/gorilla/websocket"
)

// open makes the connection that the protocol is spoken on. The context is for
// this only.
func open(ctx context.Context, u *url.URL, from string, cfg *tls.Config) (net.Conn, error) {
	var d net.Dialer
	if from != "" {
		local, err := net.ResolveTCPAddr("tcp", from)
		if err != nil {
			return nil, fmt.Errorf("connect from %q: %w", from, err)
		}
		d.LocalAddr = local
	}
	s := schemes[u.Scheme]
	if s.websocket {
		return openWebSocket(ctx, u, &d, cfg)
	}
	if !s.tls {
		return d.DialContext(ctx, "tcp", u.Host)
	}
	t := tls.Dialer{NetDialer: &d, Config: cfg}
	return t.DialContext(ctx, "tcp", u.Host)
}

func openWebSocket(ctx context.Context, u *url.URL, by *net.Dialer, cfg *tls.Config) (net.Conn, error) {
	d := websocket.Dialer{NetDialContext: by.DialContext, Subprotocols: []string{"mqtt"}, TLSClientConfig: cfg} // [MQTT-6.0.0-3]
	ws, answer, err := d.DialContext(ctx, u.String(), nil)
	if answer != nil && answer.Body != nil {
		_ = answer.Body.Close() // at most 1 KiB that is in memory already
	}
	if err != nil {
		if answer != nil && errors.Is(err, websocket.ErrBadHandshake) {
			err = fmt.Errorf("%w: it answers %s", err, answer.Status)
		}
		return nil, err
	}
	return &webSocket{Conn: ws}, nil
}

// webSocket reads and writes a WebSocket as one stream of bytes [MQTT-6.0.0-2].
// One goroutine at a time may read, and one write.
type webSocket struct {
	*websocket.Conn
	frame io.Reader // what is left of the present frame; nil: take the next
}

func (c *webSocket) Read(p []byte) (int, error) {
	for {
		if c.frame == nil {
			kind, r, err := c.NextReader()
			if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived) {
				err = io.EOF
			}
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage { // [MQTT-6.0.0-1]
				return 0, malformed("a WebSocket frame that is not binary")
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
func (c *webSocket) Write(p []byte) (int, error) {
	if err := c.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *webSocket) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
