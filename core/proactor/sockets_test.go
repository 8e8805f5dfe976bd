package proactor_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// silent listens, and says nothing to who connects first; heard is called then.
func silent(t *testing.T, heard func()) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		heard()
		<-over
		_ = c.Close()
	}()
	t.Cleanup(func() {
		close(over)
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}
