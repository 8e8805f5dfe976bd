package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/hubtape/hubtape/core/loop"
)

// Transport brings requests to a server in the process, whatever host their URL
// names, for an http.Client. A server that does not serve is ErrNotServing.
//
// It is for the tasks of the loop's runtime and for what they do in Blocking,
// and waits for the loop. The work of a request whose context is done by then is
// not begun; while it runs nobody leaves. A client that uses it in a simulation
// has no Timeout, which would be the machine's.
func (s *Servers) Transport(server string) http.RoundTripper { return &transport{s, named(server)} }

type transport struct {
	all    *Servers
	server string
}

// RoundTrip answers the request as the server would.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	var to *site
	t.onTask(func() {
		if at, ok := t.all.sites[t.server]; ok && at.serving {
			to = at
		}
	})
	if to == nil {
		return nil, fmt.Errorf("request to web server %q: %w", t.server, ErrNotServing)
	}
	in, err := incoming(r)
	if err != nil {
		return nil, fmt.Errorf("request to web server %q: %w", t.server, err)
	}
	var left error
	answer := to.respond(in, func(work func() Response) (response Response, err error) {
		if left = r.Context().Err(); left != nil {
			return response, left
		}
		t.onTask(func() { response, err = loop.Call(t.all.loop, work) })
		return response, err
	})
	if left != nil {
		return nil, left
	}
	return answer.received(r), nil
}

// onTask runs fn as the calling task, also inside a Blocking of it, where it is
// none.
func (t *transport) onTask(fn func()) {
	if t.all.rt.Self() != 0 {
		fn()
		return
	}
	t.all.rt.Rejoin(fn)
}

// incoming is a client's request as it looks to a server.
func incoming(r *http.Request) (*http.Request, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	var err error
	if in.URL, err = url.ParseRequestURI(in.RequestURI); err != nil {
		return nil, err
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RemoteAddr = "in-process"
	return in, nil
}

// received is a complete response as it looks to the client.
func (r Response) received(to *http.Request) *http.Response {
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)),
		StatusCode: r.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.Header,
		Body:          io.NopCloser(bytes.NewReader(r.Body)),
		ContentLength: int64(len(r.Body)),
		Request:       to,
	}
}
