package conn_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/mqtt/conn"
)

func TestLocalAddr(t *testing.T) {
	t.Run("what is no address of this machine is told", func(t *testing.T) {
		_, err := conn.Dial(t.Context(), conn.Options{Broker: "mqtt://127.0.0.1:1", LocalAddr: "here"})
		require.ErrorContains(t, err, `connect from "here"`)
	})
	t.Run("the connection comes from there", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer ln.Close()
		from := make(chan string, 1)
		go func() {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			from <- c.RemoteAddr().String()
			_ = c.Close()
		}()
		free, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		local := free.Addr().String()
		require.NoError(t, free.Close())
		_, err = conn.Dial(t.Context(), conn.Options{Broker: "mqtt://" + ln.Addr().String(), LocalAddr: local, Version: conn.V311})
		require.Error(t, err, "it is no broker")
		require.Equal(t, local, <-from)
	})
}
