package web_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// online runs body as a task of a System, with servers on the network of this
// machine.
func online(t *testing.T, o web.Options, body func(t *testing.T, w *world)) {
	t.Helper()
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	if o.Listen == nil {
		o.Listen = net.Listen
	}
	require.NoError(t, rt.Run("test", func() { body(t, newWorld(t, rt, o)) }))
	require.NoError(t, rt.Close())
}

// local is a server on a free port.
func local(name string) web.Config { return web.Config{Name: name, Host: "127.0.0.1"} }

// dial asks over the network, off the token.
func (w *world) dial(t *testing.T, server, method, path, body string) (a answer, err error) {
	t.Helper()
	addr := w.Addr(server)
	w.rt.Blocking(func() {
		var r *http.Request
		if r, err = http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, strings.NewReader(body)); err != nil {
			return
		}
		by := &http.Transport{DisableKeepAlives: true}
		a, err = send(by, r)
		by.CloseIdleConnections()
	})
	return a, err
}

func TestNetwork(t *testing.T) {
	online(t, web.Options{Servers: []web.Config{local("a"), local("b"), {Name: "off", Disabled: true}}, BodyMax: 10}, func(t *testing.T, w *world) {
		onLoop := 0
		for _, s := range []string{"a", "b", "off"} {
			require.NoError(t, w.AddRoute(web.Route{Server: s, Method: "POST", Path: "/who/{x}", Handler: web.Work(func(r *web.Request) web.Response {
				if w.loop.Mine() {
					onLoop++
				}
				return web.Response{Body: []byte(s + r.PathValue("x") + string(r.Content))}
			})}))
		}
		require.NoError(t, w.AddRoute(web.Route{Server: "a", Path: "/panics", Handler: web.Work(func(*web.Request) web.Response { panic("no") })}))
		require.NoError(t, w.AddRoute(web.Route{Server: "a", Path: "/reading", Handler: func(*web.Request) func() web.Response { panic("no") }}))
		require.Empty(t, w.Addr("a"))
		w.Start()
		require.NotEqual(t, w.Addr("a"), w.Addr("b"), "free ports")
		require.Empty(t, w.Addr("off"), "GW-189")
		for _, s := range []string{"a", "b"} {
			a, err := w.dial(t, s, "POST", "/who/1", "!")
			require.NoError(t, err)
			require.Equal(t, s+"1!", a.body, "GW-185")
			require.Equal(t, "3", a.Header.Get("Content-Length"))
		}
		require.Equal(t, 2, onLoop)
		a, err := w.dial(t, "a", "POST", "/who/1", "0123456789a")
		require.NoError(t, err)
		require.Equal(t, http.StatusRequestEntityTooLarge, a.StatusCode)
		a, err = w.dial(t, "a", "GET", "/late", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, a.StatusCode)
		for _, path := range []string{"/panics", "/reading"} {
			a, err = w.dial(t, "a", "GET", path, "")
			require.NoError(t, err)
			require.Equal(t, http.StatusInternalServerError, a.StatusCode)
		}
		require.Equal(t, "a2", w.ask(t, "a", "POST", "/who/2", "").body, "in the process too")
		addr := w.Addr("a")
		w.end(t)
		require.Len(t, w.failed, 2)
		require.Empty(t, w.Addr("a"))
		_, err = net.DialTimeout("tcp", addr, time.Second)
		require.Error(t, err, "nobody listens any more")
	})
}

// The same requests get the same answers on both ways.
func TestNetworkAnswersAsTheProcess(t *testing.T) {
	online(t, web.Options{Servers: []web.Config{local("")}}, func(t *testing.T, w *world) {
		w.route(t, "GET", "/text", says("text"))
		w.route(t, "GET", "/long", says(strings.Repeat("long ", 10_000)))
		w.route(t, "GET", "/json", web.Work(func(*web.Request) web.Response { return web.JSON([]int{1}) }))
		w.route(t, "GET", "/empty", web.Work(func(*web.Request) web.Response { return web.Response{} }))
		w.route(t, "GET", "/none", web.Work(func(*web.Request) web.Response {
			return web.Response{Status: http.StatusNoContent, Header: http.Header{"Content-Length": {"8"}}, Body: []byte("not sent")}
		}))
		w.route(t, "GET", "/same", web.Work(func(*web.Request) web.Response { return web.Text(http.StatusNotModified, "not sent") }))
		w.route(t, "GET", "/below/", says("below"))
		w.Start()
		for _, path := range []string{"/text", "/long", "/json", "/empty", "/none", "/same", "/below", "/nothing", "//text"} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				there, err := w.dial(t, "", method, path, "")
				require.NoError(t, err)
				here := w.ask(t, "", method, path, "")
				there.Header.Del("Date")
				there.Header.Del("Connection")
				require.Equal(t, there.Status, here.Status, method+path)
				require.Equal(t, there.Header, here.Header, method+path)
				require.Equal(t, there.body, here.body, method+path)
			}
		}
		w.end(t)
	})
}

func TestCannotListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	o := web.Options{Servers: []web.Config{{Name: "taken", Host: "127.0.0.1", Port: port}, local("free")}}
	online(t, o, func(t *testing.T, w *world) {
		w.route(t, "GET", "/", says("hello"))
		w.Start()
		w.settle(t)
		require.Len(t, w.failed, 1, "GW-191 told once")
		var failed *web.ServerError
		require.ErrorAs(t, w.failed[0], &failed)
		require.Equal(t, "taken", failed.Server)
		require.ErrorIs(t, failed, syscall.EADDRINUSE)
		require.ErrorContains(t, failed, `web server "taken" cannot listen on `+taken.Addr().String())
		require.ErrorContains(t, failed, "set another port")
		require.Empty(t, w.Addr("taken"))
		require.NotEmpty(t, w.Addr("free"), "the others serve")
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://house/", nil)
		require.NoError(t, err)
		_, err = w.Transport("taken").RoundTrip(r)
		require.ErrorIs(t, err, web.ErrNotServing, "nor in the process")
		w.end(t)
	})
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.EACCES, "below 1024"},
		{syscall.EADDRNOTAVAIL, "no address of this machine"},
		{&net.DNSError{Name: "nowhere"}, "nobody knows the host's name"},
		{errors.New("else"), "are host and port right?"},
	} {
		o := web.Options{Servers: []web.Config{{}}, Listen: func(network, address string) (net.Listener, error) {
			require.Equal(t, "tcp localhost:0", network+" "+address)
			return nil, &net.OpError{Op: "listen", Err: c.err}
		}}
		online(t, o, func(t *testing.T, w *world) {
			w.Start()
			w.end(t)
			require.Len(t, w.failed, 1)
			require.ErrorContains(t, w.failed[0], c.want, "GW-191")
		})
	}
}

// dying is a listener that fails.
type dying struct{ net.Listener }

func (dying) Accept() (net.Conn, error) { return nil, io.ErrUnexpectedEOF }

func TestListenerThatDies(t *testing.T) {
	o := web.Options{Servers: []web.Config{local("")}, Listen: func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return dying{l}, err
	}}
	online(t, o, func(t *testing.T, w *world) {
		w.Start()
		for len(w.failed) == 0 {
			clock.Sleep(w.rt, time.Millisecond)
		}
		require.ErrorIs(t, w.failed[0], io.ErrUnexpectedEOF)
		require.ErrorContains(t, w.failed[0], "it does not serve any more")
		require.Empty(t, w.Addr(""))
		w.end(t)
		require.Len(t, w.failed, 1)
	})
}

// held is a handler whose work lasts until release, which is for tasks.
func held(w *world) (h web.Handler, began, release *clock.Latch) {
	began, release = clock.NewLatch(w.rt, "the work has begun"), clock.NewLatch(w.rt, "the work may end")
	return web.Work(func(*web.Request) web.Response {
		began.Set()
		_ = release.Wait(clock.Forever)
		return web.Response{Body: []byte("done")}
	}), began, release
}

func TestGracefulStop(t *testing.T) {
	online(t, web.Options{Servers: []web.Config{local("")}}, func(t *testing.T, w *world) {
		h, began, release := held(w)
		w.route(t, "GET", "/", h)
		w.Start()
		addr := w.Addr("")
		answered := clock.NewLatch(w.rt, "the answer")
		w.rt.Go("client", func() {
			a, err := w.dial(t, "", "GET", "/", "")
			require.NoError(t, err)
			require.Equal(t, "done", a.body, "a request that is being answered is answered")
			answered.Set()
		})
		require.NoError(t, began.Wait(clock.Forever))
		w.Stop()
		require.ErrorIs(t, w.Join(clock.In(w.rt, time.Millisecond)), clock.ErrTimeout)
		var err error
		for err == nil { // the stop has a task of its own
			var c net.Conn
			w.rt.Blocking(func() { c, err = net.DialTimeout("tcp", addr, time.Second) })
			if err == nil {
				_ = c.Close()
			}
		}
		release.Set()
		require.NoError(t, answered.Wait(clock.Forever))
		w.end(t)
	})
}

func TestStopCutsOff(t *testing.T) {
	online(t, web.Options{Servers: []web.Config{local("")}, Grace: time.Millisecond}, func(t *testing.T, w *world) {
		h, began, release := held(w)
		w.route(t, "GET", "/", h)
		w.Start()
		cut := clock.NewLatch(w.rt, "the client is cut off")
		w.rt.Go("client", func() {
			_, err := w.dial(t, "", "GET", "/", "")
			require.Error(t, err)
			cut.Set()
		})
		require.NoError(t, began.Wait(clock.Forever))
		w.Stop()
		require.NoError(t, cut.Wait(clock.Forever))
		require.NoError(t, w.Join(clock.Forever), "the end does not wait for the work")
		release.Set()
		w.end(t)
	})
}

// A request that the loop never comes to is given up, and its work not done.
func TestTimeout(t *testing.T) {
	c := local("")
	c.Timeout = 50 * time.Millisecond
	online(t, web.Options{Servers: []web.Config{c}}, func(t *testing.T, w *world) {
		h, began, release := held(w)
		w.route(t, "GET", "/holds", h)
		done := false
		w.route(t, "GET", "/waits", web.Work(func(*web.Request) web.Response {
			done = true
			return web.Response{}
		}))
		w.Start()
		w.rt.Go("client", func() { _, _ = w.dial(t, "", "GET", "/holds", "") })
		require.NoError(t, began.Wait(clock.Forever))
		a, err := w.dial(t, "", "GET", "/waits", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusServiceUnavailable, a.StatusCode)
		release.Set()
		w.end(t)
		require.False(t, done)
	})
}

func TestSlowHead(t *testing.T) {
	c := local("")
	c.ReadHeaderTimeout = 10 * time.Millisecond
	online(t, web.Options{Servers: []web.Config{c}}, func(t *testing.T, w *world) {
		w.Start()
		addr := w.Addr("")
		w.rt.Blocking(func() {
			conn, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			defer conn.Close()
			_, err = conn.Write([]byte("GET / HTTP/1.1\r\n"))
			require.NoError(t, err)
			_, err = io.ReadAll(conn)
			require.NoError(t, err, "the server hangs up")
		})
		w.end(t)
	})
}

// raw sends a text to a server and returns the connection, off the token.
func (w *world) raw(t *testing.T, server, text string) (conn net.Conn) {
	t.Helper()
	addr := w.Addr(server)
	var err error
	w.rt.Blocking(func() {
		if conn, err = net.Dial("tcp", addr); err == nil {
			_, err = io.WriteString(conn, text)
		}
	})
	require.NoError(t, err)
	return conn
}

func TestSlowBody(t *testing.T) {
	c := local("")
	c.Timeout = 20 * time.Millisecond
	online(t, web.Options{Servers: []web.Config{c}}, func(t *testing.T, w *world) {
		w.route(t, "POST", "/", says("hello"))
		w.Start()
		conn := w.raw(t, "", "POST / HTTP/1.1\r\nHost: house\r\nContent-Length: 5\r\n\r\n")
		var got []byte
		w.rt.Blocking(func() { got, _ = io.ReadAll(conn) })
		require.NoError(t, conn.Close())
		require.Contains(t, string(got), "400 Bad Request")
		w.end(t)
	})
}

// A client that does not take its answer is cut off, and so holds up no end.
func TestAnswerThatIsNotTaken(t *testing.T) {
	c := local("")
	c.Timeout = 20 * time.Millisecond
	online(t, web.Options{Servers: []web.Config{c}, Grace: time.Hour}, func(t *testing.T, w *world) {
		said := clock.NewLatch(w.rt, "the answer")
		w.route(t, "GET", "/", web.Work(func(*web.Request) web.Response {
			said.Set()
			return web.Response{Body: make([]byte, 64<<20)}
		}))
		w.Start()
		conn := w.raw(t, "", "GET / HTTP/1.1\r\nHost: house\r\n\r\n")
		require.NoError(t, said.Wait(clock.Forever))
		w.end(t)
		require.NoError(t, conn.Close())
	})
}

// counted tells of each connection that its server has closed.
type counted struct {
	net.Listener
	closed chan struct{}
}

func (l counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, l.closed}, err
}

type countedConn struct {
	net.Conn
	closed chan struct{}
}

func (c countedConn) Close() error {
	c.closed <- struct{}{}
	return c.Conn.Close()
}

// The work of a client that has gone is not begun.
func TestClientThatGoes(t *testing.T) {
	closed := make(chan struct{}, 100)
	o := web.Options{Servers: []web.Config{local("")}, Listen: func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return counted{l, closed}, err
	}}
	online(t, o, func(t *testing.T, w *world) {
		h, began, release := held(w)
		w.route(t, "GET", "/holds", h)
		done := false
		w.route(t, "GET", "/waits", web.Work(func(*web.Request) web.Response {
			done = true
			return web.Response{}
		}))
		w.Start()
		first := w.raw(t, "", "GET /holds HTTP/1.1\r\nHost: house\r\n\r\n")
		require.NoError(t, began.Wait(clock.Forever))
		second := w.raw(t, "", "GET /waits HTTP/1.1\r\nHost: house\r\n\r\n")
		require.NoError(t, second.Close())
		w.rt.Blocking(func() { <-closed })
		release.Set()
		require.NoError(t, first.Close())
		w.end(t)
		require.False(t, done)
	})
}

// Of two servers one is still busy: the end is not before both have ended,
// however often it is asked for.
func TestStopTwice(t *testing.T) {
	online(t, web.Options{Servers: []web.Config{local("a"), local("b")}}, func(t *testing.T, w *world) {
		h, began, release := held(w)
		require.NoError(t, w.AddRoute(web.Route{Server: "a", Path: "/", Handler: h}))
		w.Start()
		conn := w.raw(t, "a", "GET / HTTP/1.1\r\nHost: house\r\nConnection: close\r\n\r\n")
		require.NoError(t, began.Wait(clock.Forever))
		w.Stop()
		w.Stop()
		require.ErrorIs(t, w.Join(clock.In(w.rt, 20*time.Millisecond)), clock.ErrTimeout)
		release.Set()
		w.end(t)
		require.NoError(t, conn.Close())
	})
}

func TestStartTwice(t *testing.T) {
	opened := 0
	o := web.Options{Servers: []web.Config{local("")}, Listen: func(network, address string) (net.Listener, error) {
		opened++
		return net.Listen(network, address)
	}}
	online(t, o, func(t *testing.T, w *world) {
		w.Start()
		w.Start()
		require.Equal(t, 1, opened)
		w.end(t)
	})
}

// After the end a world does not wait for the network any more.
func TestStoppedNetworkIsNotWaitedFor(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{Guard: time.Millisecond})
	w := newWorld(t, v, web.Options{Servers: []web.Config{local("")}, Listen: net.Listen})
	never := v.NewSignal("never")
	w.Start()
	var outside *clock.OutsideError
	require.ErrorAs(t, never.Wait(clock.Forever), &outside)
	require.Equal(t, []string{"web server default"}, outside.Names)
	w.Stop()
	require.NoError(t, w.Join(clock.Forever))
	require.ErrorIs(t, never.Wait(clock.Forever), clock.ErrStalled)
	require.NoError(t, v.Close())
}

// A world may serve the network too, though what it does is then no longer
// determined by itself.
func TestNetworkOfAWorld(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWorld(t, v, web.Options{Servers: []web.Config{local("")}, Listen: net.Listen})
		w.route(t, "GET", "/", says("hello"))
		w.Start()
		url, answered := "http://"+w.Addr(""), v.NewSignal("the answer")
		var a answer
		go func() {
			defer answered.Set()
			r, err := http.NewRequestWithContext(context.Background(), "GET", url, nil)
			if err == nil {
				a, _ = send(&http.Transport{DisableKeepAlives: true}, r)
			}
		}()
		require.NoError(t, answered.Wait(clock.Forever), "the world waits for the network")
		require.Equal(t, "hello", a.body)
		w.end(t)
		require.NotEmpty(t, v.Outside())
	})
}

// Who ends the runtime without a Stop leaves nothing behind.
func TestEndOfTheRuntime(t *testing.T) {
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	var addr string
	require.NoError(t, rt.Run("test", func() {
		w := newWorld(t, rt, web.Options{Servers: []web.Config{local("")}, Listen: net.Listen})
		w.Start()
		addr = w.Addr("")
	}))
	require.NoError(t, rt.Close())
	for { // until the socket is closed, which is beside Close
		c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
		if err != nil {
			break
		}
		_ = c.Close()
	}
}

func TestStopWhileStarting(t *testing.T) {
	var w *world
	opened, addr := 0, ""
	o := web.Options{Servers: []web.Config{local("a"), local("b")}, Listen: func(network, address string) (net.Listener, error) {
		opened++
		stopped := make(chan struct{})
		w.rt.Post(func() {
			w.Stop()
			close(stopped)
		})
		<-stopped
		l, err := net.Listen(network, address)
		if err == nil {
			addr = l.Addr().String()
		}
		return l, err
	}}
	online(t, o, func(t *testing.T, online *world) {
		w = online
		w.Start()
		require.Equal(t, 1, opened)
		_, err := net.DialTimeout("tcp", addr, time.Second)
		require.Error(t, err, "what was opened meanwhile is closed")
		require.Empty(t, w.Addr("a"))
		w.end(t)
		require.Empty(t, w.failed)
	})
}
