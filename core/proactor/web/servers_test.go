package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// world is Servers beside a loop that runs, with what failed. Whoever asks is
// the test's task.
type world struct {
	*web.Servers
	rt     clock.Runtime
	loop   *loop.Loop
	failed []error
	onLoop bool // every failure was told there
}

func newWorld(t *testing.T, rt clock.Runtime, o web.Options) *world {
	t.Helper()
	w := &world{rt: rt, loop: loop.New(rt, loop.Options{}), onLoop: true}
	o.Failed = func(err error) {
		w.onLoop = w.onLoop && w.loop.Mine()
		w.failed = append(w.failed, err)
	}
	var err error
	w.Servers, err = web.New(w.loop, o)
	require.NoError(t, err)
	rt.Go("loop", func() { w.loop.Run() })
	return w
}

func (w *world) route(t *testing.T, method, path string, h web.Handler) {
	t.Helper()
	require.NoError(t, w.AddRoute(web.Route{Method: method, Path: path, Handler: h}))
}

// settle lets the loop tell what is still to be told.
func (w *world) settle(t *testing.T) {
	t.Helper()
	_, err := loop.Call(w.loop, func() bool { return true })
	require.NoError(t, err)
	require.True(t, w.onLoop, "failures are told on the loop")
}

// end stops all and waits for it.
func (w *world) end(t *testing.T) {
	t.Helper()
	w.Stop()
	require.NoError(t, w.Join(clock.Forever))
	w.settle(t)
	w.loop.Stop(0)
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

// ask asks in the process, as a task.
func (w *world) ask(t *testing.T, server, method, path, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://house"+path, strings.NewReader(body))
	require.NoError(t, err)
	a, err := send(w.Transport(server), r)
	require.NoError(t, err)
	return a
}

func send(by http.RoundTripper, r *http.Request) (answer, error) {
	c := http.Client{Transport: by, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp, string(text)}, err
}

// says is a handler that always says the same.
func says(text string) web.Handler {
	return web.Work(func(*web.Request) web.Response { return web.Response{Body: []byte(text)} })
}

func one(name string) web.Options { return web.Options{Servers: []web.Config{{Name: name}}} }

func TestRequests(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		onLoop := 0
		w.route(t, "GET", "/hello", says("hello"))
		w.route(t, "POST", "/echo/{name}", web.Work(func(r *web.Request) web.Response {
			if w.loop.Mine() {
				onLoop++
			}
			again, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, again, r.Content)
			return web.Response{
				Status: http.StatusAccepted,
				Header: http.Header{"X-Who": {r.PathValue("name"), r.URL.Query().Get("q")}, "Content-Type": {"text/odd"}},
				Body:   r.Content,
			}
		}))
		w.route(t, "POST", "/form", web.Work(func(r *web.Request) web.Response {
			return web.Text(http.StatusOK, r.FormValue("a")+" "+r.Host+" "+r.RequestURI)
		}))
		w.route(t, "", "/any", web.Work(func(*web.Request) web.Response { return web.Response{Status: http.StatusNoContent} }))
		w.route(t, "PUT", "/json", web.WorkJSON(func(_ *web.Request, in []int) web.Response { return web.JSON(in) }))
		w.route(t, "GET", "/below/", says("below"))
		w.Start()

		a := w.ask(t, "", "GET", "/hello", "")
		require.Equal(t, "hello", a.body, "GW-185")
		require.Equal(t, "200 OK", a.Status)
		require.Equal(t, http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Length": {"5"}}, a.Header)
		require.EqualValues(t, 5, a.ContentLength)

		a = w.ask(t, "default", "POST", "/echo/hall?q=1", "lamp")
		require.Equal(t, "lamp", a.body)
		require.Equal(t, http.StatusAccepted, a.StatusCode)
		require.Equal(t, []string{"hall", "1"}, a.Header["X-Who"])
		require.Equal(t, "text/odd", a.Header.Get("Content-Type"))
		require.Equal(t, 1, onLoop, "the work is done on the loop")

		a = w.ask(t, "", "HEAD", "/hello", "")
		require.Empty(t, a.body)
		require.Equal(t, "5", a.Header.Get("Content-Length"))
		require.Equal(t, http.StatusNoContent, w.ask(t, "", "DELETE", "/any", "").StatusCode)
		require.Equal(t, http.StatusNotFound, w.ask(t, "", "GET", "/nothing", "").StatusCode)
		a = w.ask(t, "", "DELETE", "/hello", "")
		require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode)
		require.Equal(t, "GET, HEAD", a.Header.Get("Allow"))
		a = w.ask(t, "", "GET", "/below", "")
		require.Equal(t, http.StatusTemporaryRedirect, a.StatusCode)
		require.Equal(t, "/below/", a.Header.Get("Location"))
		require.Equal(t, "below", w.ask(t, "", "GET", "/below/x/y", "").body)
		require.Equal(t, "[1,2]", w.ask(t, "", "PUT", "/json", "[1, 2]").body)
		a = w.ask(t, "", "PUT", "/json", "{}")
		require.Equal(t, http.StatusBadRequest, a.StatusCode)
		require.Contains(t, a.body, "cannot unmarshal object")

		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://house/form?b=2", strings.NewReader("a=1"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a, err = send(w.Transport(""), r)
		require.NoError(t, err)
		require.Equal(t, "1 house /form?b=2\n", a.body)
		w.end(t)
		require.Empty(t, w.failed)
	})
}

// A task may ask inside a Blocking, as clients of a network do, the loop's own
// task may ask too, and so may who drives a world.
func TestWhoMayAsk(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		w.route(t, "GET", "/hello", says("hello"))
		w.Start()
		var a answer
		rt.Blocking(func() { a = w.ask(t, "", "GET", "/hello", "") })
		require.Equal(t, "hello", a.body)
		inside, err := loop.Call(w.loop, func() string {
			var blocked string
			rt.Blocking(func() { blocked = w.ask(t, "", "GET", "/hello", "").body })
			return w.ask(t, "", "GET", "/hello", "").body + blocked
		})
		require.NoError(t, err)
		require.Equal(t, "hellohello", inside)
		w.end(t)
	})
}

func TestDriverAsks(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	w := newWorld(t, v, one(""))
	w.route(t, "GET", "/hello", says("hello"))
	w.Start()
	require.Equal(t, "hello", w.ask(t, "", "GET", "/hello", "").body)
	w.end(t)
	require.NoError(t, v.Close())
}

// Work may wait, in virtual time too.
func TestWorkThatWaits(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWorld(t, v, one(""))
		w.route(t, "GET", "/slow", web.Work(func(*web.Request) web.Response {
			clock.Sleep(v, time.Minute)
			return web.Text(http.StatusOK, v.Now().String())
		}))
		w.Start()
		require.Equal(t, "1m0s\n", w.ask(t, "", "GET", "/slow", "").body)
		w.end(t)
	})
}

func TestOneOfTwoServers(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, web.Options{Servers: []web.Config{{Name: "a"}, {Name: "b"}}})
		for _, s := range []string{"a", "b"} {
			require.NoError(t, w.AddRoute(web.Route{Server: s, Method: "GET", Path: "/who", Handler: says(s)}))
		}
		w.Start()
		require.Equal(t, "a", w.ask(t, "a", "GET", "/who", "").body, "GW-185")
		require.Equal(t, "b", w.ask(t, "b", "GET", "/who", "").body)
		w.end(t)
	})
}

func TestNotServing(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, web.Options{Servers: []web.Config{{Name: "on"}, {Name: "off", Disabled: true}}})
		refused := func(server string) error {
			closed := false
			r, err := http.NewRequestWithContext(t.Context(), "GET", "http://house/who", nil)
			require.NoError(t, err)
			r.Body = closer{&closed}
			_, err = w.Transport(server).RoundTrip(r)
			require.True(t, closed, "a RoundTripper closes the body whatever comes")
			return err
		}
		for _, s := range []string{"on", "off", "unknown"} {
			require.NoError(t, w.AddRoute(web.Route{Server: s, Method: "GET", Path: "/who", Handler: says(s)}))
		}
		require.ErrorIs(t, refused("on"), web.ErrNotServing, "GW-185 before the start")
		w.Start()
		w.Start()
		require.NoError(t, refused("on"))
		require.ErrorIs(t, refused("off"), web.ErrNotServing, "GW-189 disabled")
		require.EqualError(t, refused("unknown"), `request to web server "unknown": `+web.ErrNotServing.Error(), "GW-187 not configured")
		require.Len(t, w.Routes("unknown"), 1, "GW-187 and listed all the same")
		w.Stop()
		w.Stop()
		require.ErrorIs(t, refused("on"), web.ErrNotServing, "after the stop")
		w.end(t)
		w.Start()
		require.ErrorIs(t, refused("on"), web.ErrNotServing, "for good")
	})
}

// closer is an empty body that says when it is closed.
type closer struct{ closed *bool }

func (closer) Read([]byte) (int, error) { return 0, io.EOF }
func (c closer) Close() error           { *c.closed = true; return nil }

func TestStopBeforeStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		w.Stop()
		w.Start()
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://house/", nil)
		require.NoError(t, err)
		_, err = send(w.Transport(""), r)
		require.ErrorIs(t, err, web.ErrNotServing)
		w.end(t)
	})
}

func TestAfterStart(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		w.Start()
		err := w.AddRoute(web.Route{Method: "GET", Path: "/late", Handler: says("late")})
		require.EqualError(t, err, `route "GET /late" of web server "default": `+web.ErrStarted.Error())
		require.Equal(t, http.StatusNotFound, w.ask(t, "", "GET", "/late", "").StatusCode, "GW-188")
		require.Empty(t, w.Routes(""))
		require.ErrorIs(t, w.AddServer(web.Config{Name: "late"}), web.ErrStarted)
		require.Len(t, w.Configs(), 1)
		w.end(t)
	})
}

func TestConfigs(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		house, err := layout.Parse("layout.json", []byte(`{
			"ShNodes": [],
			"OtherComponents": [
				{"ComponentId": "a", "TypeName": "web.server.component.gt", "ComponentAttributeClassId": "k", "WebServer": {"Name": "status", "Port": 9000, "Enabled": false}},
				{"ComponentId": "b", "TypeName": "web.server.component.gt", "ComponentAttributeClassId": "k", "WebServer": {}}
			],
			"OtherCacs": [{"ComponentAttributeClassId": "k", "TypeName": "component.attribute.class.gt"}]
		}`))
		require.NoError(t, err)
		w := newWorld(t, v, web.Options{Servers: web.FromLayout(house.WebServers())})
		require.NoError(t, w.AddServer(web.Config{Name: "more", Host: "::1", ReadHeaderTimeout: time.Second, Timeout: 2 * time.Second}))
		want := []web.Config{
			{Name: "status", Host: "localhost", Port: 9000, Disabled: true, ReadHeaderTimeout: web.DefaultReadHeaderTimeout, Timeout: web.DefaultTimeout},
			{Name: "default", Host: "localhost", Port: 8080, ReadHeaderTimeout: web.DefaultReadHeaderTimeout, Timeout: web.DefaultTimeout},
			{Name: "more", Host: "::1", ReadHeaderTimeout: time.Second, Timeout: 2 * time.Second},
		}
		require.Equal(t, want, w.Configs(), "GW-190 GW-192")
		w.Configs()[0].Name = "changed"
		require.Equal(t, want, w.Configs(), "GW-192 it is a copy")
		w.route(t, "GET", "/a", says("a"))
		require.NoError(t, w.AddRoute(web.Route{Server: "more", Method: "GET", Path: "/b", Handler: says("b")}))
		w.route(t, "POST", "/c", says("c"))
		var listed []string
		for _, r := range w.Routes("") {
			listed = append(listed, r.Server+" "+r.Method+" "+r.Path)
		}
		require.Equal(t, []string{"default GET /a", "default POST /c"}, listed, "GW-192")
		require.Len(t, w.Routes("more"), 1)
		require.Empty(t, w.Routes("nobody"))
		require.Empty(t, w.Addr("more"), "there is no network")
		w.loop.Stop(0)
	})
}

func TestRefusedConfigs(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWorld(t, v, one("a"))
		for _, c := range []struct {
			config web.Config
			want   string
		}{
			{web.Config{Name: "a"}, `web server "a": there is a web server of this name already`},
			{web.Config{Port: -1}, `web server "default": port -1: it must be 1 to 65535, or 0 for a free one`},
			{web.Config{Port: 65536}, `web server "default": port 65536: it must be 1 to 65535, or 0 for a free one`},
			{web.Config{ReadHeaderTimeout: -1}, `web server "default": ReadHeaderTimeout -1ns: it must be above zero, or zero for 10s`},
			{web.Config{Timeout: -1}, `web server "default": Timeout -1ns: it must be above zero, or zero for 1m0s`},
		} {
			require.EqualError(t, w.AddServer(c.config), c.want)
		}
		require.ErrorIs(t, w.AddServer(web.Config{Name: "a"}), web.ErrExists, "GW-186")
		require.Len(t, w.Configs(), 1)
		w.loop.Stop(0)

		l, failed := loop.New(v, loop.Options{}), func(error) {}
		_, err := web.New(l, web.Options{Failed: failed, Servers: []web.Config{{}, {Name: "default"}}})
		require.ErrorIs(t, err, web.ErrExists, "GW-186 at construction")
		_, err = web.New(l, web.Options{})
		require.EqualError(t, err, "web servers: nobody hears of one that fails: set Options.Failed")
		for _, o := range []web.Options{{BodyMax: -1}, {Grace: -1}} {
			o.Failed = failed
			_, err = web.New(l, o)
			require.ErrorContains(t, err, "neither may be below zero")
		}
	})
}

func TestRefusedRoutes(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := newWorld(t, v, one(""))
		w.route(t, "GET", "/a/{x}", says("a"))
		for _, c := range []struct {
			route web.Route
			want  string
		}{
			{web.Route{Path: "/b"}, `route "/b" of web server "default": it has no handler`},
			{web.Route{Server: "s", Path: "b", Handler: says("")}, `route "b" of web server "s": the path "b" must begin with /`},
			{web.Route{Method: "get", Path: "/b", Handler: says("")}, `route "get /b" of web server "default": "get" is no method: write GET, POST, and so on`},
			{web.Route{Method: "GET PUT", Path: "/b", Handler: says("")}, `"GET PUT" is no method`},
			{web.Route{Method: "GET", Path: "/b/{", Handler: says("")}, `bad wildcard`},
			{web.Route{Method: "GET", Path: "/a/{y}", Handler: says("")}, `pattern "GET /a/{y}" conflicts with pattern "GET /a/{x}"`},
		} {
			err := w.AddRoute(c.route)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "registered at")
		}
		require.Len(t, w.Routes(""), 1)
		w.loop.Stop(0)
	})
}

func TestUnservedRoutesAreLogged(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		var log bytes.Buffer
		w := newWorld(t, v, web.Options{Servers: []web.Config{{}}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		w.route(t, "GET", "/a", says("a"))
		require.NoError(t, w.AddRoute(web.Route{Server: "defualt", Method: "GET", Path: "/b", Handler: says("b")}))
		w.Start()
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		require.Contains(t, log.String(), `server=defualt route="GET /b"`, "GW-187")
		w.end(t)
	})
}

func TestHandlersThatFail(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		w.route(t, "GET", "/panics", web.Work(func(*web.Request) web.Response { panic(io.ErrUnexpectedEOF) }))
		w.route(t, "GET", "/reading", func(*web.Request) func() web.Response { panic("while reading") })
		w.route(t, "GET", "/nothing", func(*web.Request) func() web.Response { return nil })
		w.route(t, "GET", "/json", web.Work(func(*web.Request) web.Response { return web.JSON(func() {}) }))
		w.route(t, "GET", "/status", web.Work(func(*web.Request) web.Response { return web.Response{Status: 600} }))
		w.route(t, "GET", "/early", web.Work(func(*web.Request) web.Response { return web.Response{Status: 103} }))
		w.route(t, "GET", "/hello", says("hello"))
		w.Start()
		paths := []string{"/panics", "/reading", "/nothing", "/json", "/status", "/early"}
		for _, path := range paths {
			a := w.ask(t, "", "GET", path, "")
			require.Equal(t, http.StatusInternalServerError, a.StatusCode, path)
			require.Equal(t, "the handler has failed\n", a.body, "clients are not told how")
		}
		require.Equal(t, "hello", w.ask(t, "", "GET", "/hello", "").body, "the server goes on")
		w.end(t)
		require.Len(t, w.failed, len(paths))
		for i, path := range paths {
			var failed *web.RouteError
			require.ErrorAs(t, w.failed[i], &failed)
			require.Equal(t, "GET "+path, failed.Pattern)
			require.Equal(t, "default", failed.Server)
		}
		require.EqualError(t, w.failed[0], `web server "default", GET /panics: panic: unexpected EOF`)
		require.ErrorIs(t, w.failed[0], io.ErrUnexpectedEOF)
		var panicked *web.Panic
		require.ErrorAs(t, w.failed[1], &panicked)
		require.Equal(t, "while reading", panicked.Value)
		require.Contains(t, string(panicked.Stack), "TestHandlersThatFail")
		require.ErrorContains(t, w.failed[3], "unsupported type: func()")
		require.ErrorContains(t, w.failed[4], "an answer of status 600: it must be 200 to 599, or 0 for 200")
	})
}

// broken is a body that cannot be read to its end.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }
func (broken) Close() error             { return nil }

func TestBodies(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, web.Options{Servers: []web.Config{{}}, BodyMax: 10})
		w.route(t, "POST", "/", web.Work(func(r *web.Request) web.Response { return web.Response{Body: r.Content} }))
		w.Start()
		require.Equal(t, "0123456789", w.ask(t, "", "POST", "/", "0123456789").body)
		a := w.ask(t, "", "POST", "/", "0123456789a")
		require.Equal(t, http.StatusRequestEntityTooLarge, a.StatusCode)
		require.Equal(t, "the body is longer than 10 bytes\n", a.body)
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://house/", broken{})
		require.NoError(t, err)
		a, err = send(w.Transport(""), r)
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, a.StatusCode)
		require.Equal(t, "the body could not be read: the line is dead\n", a.body)
		w.end(t)
		require.Empty(t, w.failed, "that is the client's doing")
	})
}

func TestRequestThatIsGivenUp(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		called := false
		w.route(t, "GET", "/", web.Work(func(*web.Request) web.Response {
			called = true
			return web.Response{}
		}))
		w.Start()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r, err := http.NewRequestWithContext(ctx, "GET", "http://house/", nil)
		require.NoError(t, err)
		_, err = w.Transport("").RoundTrip(r)
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, called)
		w.end(t)
	})
}

// A hand-made request has nothing but what it needs.
func TestBareRequest(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		w.route(t, "GET", "/hello", web.Work(func(r *web.Request) web.Response {
			r.Header.Set("X", "may be written")
			require.True(t, r.ProtoAtLeast(1, 1))
			return web.Text(http.StatusOK, strings.Join([]string{r.Method, r.Host, r.URL.String(), r.Proto, r.RemoteAddr}, " "))
		}))
		w.Start()
		bare := &http.Request{URL: &url.URL{Scheme: "http", Host: "house", Path: "/hello"}}
		resp, err := w.Transport("").RoundTrip(bare)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "GET house /hello HTTP/1.1 in-process\n", string(text))
		require.Nil(t, bare.Header, "what belongs to the client is not touched")
		bare.URL.Opaque = "%"
		_, err = w.Transport("").RoundTrip(bare)
		require.ErrorContains(t, err, `request to web server "default"`)
		w.end(t)
	})
}

// What a handler returned may be used by it again.
func TestHeadersAreCopied(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := newWorld(t, rt, one(""))
		shared := http.Header{"X-House": {"mine"}}
		w.route(t, "GET", "/", web.Work(func(*web.Request) web.Response { return web.Response{Header: shared, Body: []byte("{}")} }))
		w.Start()
		w.ask(t, "", "GET", "/", "").Header.Set("X-House", "yours")
		require.Equal(t, http.Header{"X-House": {"mine"}}, shared)
		w.end(t)
	})
}
