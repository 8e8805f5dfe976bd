package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
)

// Route says who answers which requests to a server.
type Route struct {
	Server string // "": DefaultServer
	Method string // "": all methods. GET answers HEAD too
	// Path is a pattern of net/http's ServeMux without method and host, such as
	// "/relays/{name}", or "/files/" for all that is below.
	Path    string
	Handler Handler
}

func (r Route) pattern() string { return strings.TrimSpace(r.Method + " " + r.Path) }

// check returns what is wrong with a route by itself.
func (r Route) check() error {
	switch {
	case r.Handler == nil:
		return errors.New("it has no handler")
	case !strings.HasPrefix(r.Path, "/"):
		return fmt.Errorf("the path %q must begin with /", r.Path)
	case strings.ContainsAny(r.Method, " \t") || r.Method != strings.ToUpper(r.Method):
		return fmt.Errorf("%q is no method: write GET, POST, and so on", r.Method)
	}
	return nil
}

// add makes the mux know a route. What a ServeMux thinks of a bad pattern, or of
// two that overlap, it says by a panic.
func (s *site) add(r Route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(whereRegistered.ReplaceAllString(fmt.Sprint(p), ""))
		}
	}()
	if err := r.check(); err != nil {
		return err
	}
	s.mux.HandleFunc(r.pattern(), func(w http.ResponseWriter, _ *http.Request) { w.(*finder).route = &r })
	return nil
}

// whereRegistered is what a ServeMux says of a pattern besides: a line of this
// file.
var whereRegistered = regexp.MustCompile(` \(registered at [^)]*\)`)

// finder is what a mux writes to: a route of ours says that it was found, else
// what it collects is the mux's own answer, a 404 for one.
type finder struct {
	route  *Route
	header http.Header
	answer Response
}

func (f *finder) Header() http.Header    { return f.header }
func (f *finder) WriteHeader(status int) { f.answer.Status = status }
func (f *finder) Write(p []byte) (int, error) {
	f.answer.Body = append(f.answer.Body, p...)
	return len(p), nil
}

// caller calls work on the loop.
type caller func(work func() Response) (Response, error)

// respond answers a request, off the loop except for the work.
func (s *site) respond(r *http.Request, call caller) Response {
	f := &finder{header: http.Header{}}
	s.mux.ServeHTTP(f, r)
	if f.route == nil {
		f.answer.Header = f.header
		return f.answer.complete(r.Method)
	}
	return s.perform(f.route, r, call).complete(r.Method)
}

func (s *site) perform(route *Route, r *http.Request, call caller) Response {
	content, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, s.all.o.BodyMax))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return Text(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", large.Limit))
	case err != nil:
		return Text(http.StatusBadRequest, "the body could not be read: "+err.Error())
	}
	r.Body = io.NopCloser(bytes.NewReader(content))
	work, failed := protect(func() func() Response { return route.Handler(&Request{r, content}) })
	if failed != nil {
		return s.failed(route, failed)
	}
	response, err := call(func() Response { return s.work(route, work) })
	if err != nil {
		return Text(http.StatusServiceUnavailable, "nobody could answer this in time")
	}
	return response
}

// work is on the loop.
func (s *site) work(route *Route, work func() Response) Response {
	response, err := protect(work)
	if err == nil {
		err = response.check()
	}
	if err != nil {
		return s.failed(route, err)
	}
	return response
}

// failed tells of a handler that has, and answers in its place.
func (s *site) failed(route *Route, err error) Response {
	s.all.tell(&RouteError{Server: s.name, Pattern: route.pattern(), Err: err})
	return Text(http.StatusInternalServerError, "the handler has failed")
}

// protect returns a panic of fn as an error.
func protect[T any](fn func() T) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panic{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn(), nil
}
