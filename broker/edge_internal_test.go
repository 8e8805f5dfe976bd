package broker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
)

const edgePatience = 20 * time.Second

// pipe is two ends of a connection whose writes wait until they are read.
func pipe(t *testing.T) (here *conn, there net.Conn) {
	a, b := net.Pipe()
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	return newConn(a, "test"), b
}

func TestOutboxWaitsForNobody(t *testing.T) {
	c, there := pipe(t)
	var want bytes.Buffer
	for i := range 1000 { // nobody reads
		p := bytes.Repeat([]byte{byte(i)}, 100)
		want.Write(p)
		n, err := c.out.write(p)
		require.NoError(t, err)
		require.Equal(t, len(p), n)
		clear(p) // it is ours again
	}
	require.NoError(t, c.Close())
	_, err := c.out.write([]byte("late"))
	require.ErrorIs(t, err, net.ErrClosed)
	c.out.lastWords([]byte("bye"))
	want.WriteString("bye")
	got := make([]byte, want.Len())
	_, err = io.ReadFull(there, got)
	require.NoError(t, err)
	require.Equal(t, want.Bytes(), got)
	c.out.drain()
	require.Nil(t, c.out.waiting)
	require.False(t, c.out.writing)
}

func TestOutboxMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, there := pipe(t)
		_, err := c.out.write([]byte("first")) // is being written
		require.NoError(t, err)
		synctest.Wait()
		_, err = c.out.write(make([]byte, outboxBytes-1))
		require.NoError(t, err)
		c.out.waitForRoom() // there is some
		_, err = c.out.write([]byte("x"))
		require.NoError(t, err)
		room := make(chan struct{})
		go func() {
			c.out.waitForRoom()
			close(room)
		}()
		synctest.Wait()
		select {
		case <-room:
			t.Fatal("there is no room while nobody reads")
		default:
		}
		_, err = io.CopyN(io.Discard, there, 5)
		require.NoError(t, err)
		<-room
		require.NoError(t, there.Close())
		c.out.drain()
	})
}

// Whoever waits for room is let go when the connection ends, either way.
func TestOutboxLetsGo(t *testing.T) {
	for name, end := range map[string]func(*conn, net.Conn){
		"close":  func(c *conn, _ net.Conn) { _ = c.Close() },
		"failed": func(_ *conn, there net.Conn) { _ = there.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, there := pipe(t)
			for range 2 {
				_, _ = c.out.write(make([]byte, outboxBytes))
			}
			gone := make(chan struct{})
			go func() {
				c.out.waitForRoom()
				close(gone)
			}()
			end(c, there)
			<-gone
			c.out.drain() // nobody reads: it closes the connection
			if name == "failed" {
				require.NotEmpty(t, c.reason())
				_, err := c.out.write([]byte("x"))
				require.Error(t, err)
			}
		})
	}
}

func TestTheFirstReasonCounts(t *testing.T) {
	c, _ := pipe(t)
	c.because("one")
	c.end("two")
	require.Equal(t, "one", c.reason())
	c, _ = pipe(t)
	require.NoError(t, c.Close())
	c.because("late")
	require.Empty(t, c.reason())
	require.ErrorIs(t, c.SetDeadline(time.Time{}), net.ErrClosed)
}

// However the bytes come, the length of the first packet is what counts.
func TestGreeting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 1<<28-1), rapid.IntRange(greetingBytes-1, greetingBytes+1)).Draw(t, "length")
		head := []byte{0x10}
		for rest := n; ; {
			b := byte(rest & 0x7f)
			if rest >>= 7; rest > 0 {
				b |= 0x80
			}
			if head = append(head, b); rest == 0 {
				break
			}
		}
		stream := append(head, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
		var g greeting
		var err error
		for len(stream) > 0 && err == nil {
			k := rapid.IntRange(1, len(stream)).Draw(t, "read")
			err = g.check(stream[:k])
			stream = stream[k:]
		}
		if (err != nil) != (n > greetingBytes) {
			t.Fatalf("a first packet of %d bytes: %v", n, err)
		}
	})
}

// Mochi's log is without packets, and what is lost is noticed at any level.
func TestMochiLog(t *testing.T) {
	var out bytes.Buffer
	var lost []string
	l := mochiLog{
		to:      slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}),
		dropped: func(id, reason string) { lost = append(lost, id+": "+reason) },
	}
	log := slog.New(l).With("pk", "secret", "hook", "h").WithGroup("g")
	log.Warn("client store quota reached", "client", "lamp")
	log.Warn("something", "client", "lamp")
	require.Equal(t, []string{"lamp: too many messages to the client are not acknowledged"}, lost)
	require.Empty(t, out.String())
	log.Error("bad", "packet", "secret", "pk", "secret", "client", "lamp")
	require.Contains(t, out.String(), "level=ERROR msg=bad hook=h g.client=lamp")
	require.NotContains(t, out.String(), "secret")
	require.False(t, l.Enabled(context.Background(), slog.LevelInfo))
}

// full is a listener that first cannot open any file.
type full struct {
	net.Listener
	times int
}

func (f *full) Accept() (net.Conn, error) {
	if f.times--; f.times >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAListenerOutlivesALackOfFiles(t *testing.T) {
	rt := clock.NewSystem(clock.SystemOptions{})
	defer rt.Close()
	var log bytes.Buffer
	b, err := New(Options{Runtime: rt, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := newListener(&b.edge, "full", &full{Listener: ln, times: 2}, ListenOptions{})
	b.edge.running.Add(1)
	b.edge.source = rt.OpenSource("test")
	came, ended := make(chan struct{}), make(chan struct{})
	go func() {
		l.Serve(func(string, net.Conn) error { close(came); return nil })
		close(ended)
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	select {
	case <-came:
	case <-time.After(edgePatience):
		t.Fatal("no connection was taken")
	}
	require.NoError(t, l.shut())
	<-ended
	require.Equal(t, 2, strings.Count(log.String(), "a connection could not be taken"))
	require.NoError(t, rt.Run("close", func() { require.NoError(t, b.Close()) }))
}

func TestAListenerThatIsShutDoesNotTryAgain(t *testing.T) {
	l := &listener{stopped: make(chan struct{})}
	close(l.stopped)
	require.False(t, l.pause(time.Hour))
}

// A right password is computed once; a wrong one is not remembered.
func TestUsersRememberWhoWasRight(t *testing.T) {
	hash, err := HashPassword("secret")
	require.NoError(t, err)
	u, err := NewUsers(User{Name: "a", Password: hash})
	require.NoError(t, err)
	e := u.byName["a"]
	require.False(t, u.Authenticate(Login{User: "a", Password: []byte("wrong")}))
	require.Nil(t, e.verified)
	require.True(t, u.Authenticate(Login{User: "a", Password: []byte("secret")}))
	require.NotNil(t, e.verified)
	require.NotContains(t, string(e.verified), "secret")
	e.hash = &passwordHash{iterations: 1} // so that only memory can say yes
	require.True(t, u.Authenticate(Login{User: "a", Password: []byte("secret")}))
	require.False(t, u.Authenticate(Login{User: "a", Password: []byte("wrong")}))
}

func TestEndReasonHasNoAddress(t *testing.T) {
	require.Empty(t, endReason(clientOf(nil), nil))
	require.Equal(t, "the connection was lost", endReason(clientOf(nil), io.ErrUnexpectedEOF))
	op := &net.OpError{Op: "read", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, Err: syscall.ECONNRESET}
	require.Equal(t, "the connection was lost: connection reset by peer", endReason(clientOf(nil), op))
	require.Equal(t, "other", endReason(clientOf(nil), errors.New("other")))
	c, _ := pipe(t)
	c.because("known")
	require.Equal(t, "known", endReason(clientOf(c), op))
}

func clientOf(c net.Conn) *mochi.Client {
	cl := &mochi.Client{}
	cl.Net.Conn = c
	return cl
}
