package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
)

// Response is an answer. The zero value is an empty one of status 200. Whoever
// returns it does not change its parts any more: they are written off the loop.
type Response struct {
	Status int         // 200 to 599; 0: 200
	Header http.Header // nil: none
	Body   []byte

	err error // why there is none after all
}

// JSON is a response of status 200 with v as JSON. It is for the loop, since v is
// written at once. If v cannot be written, the answer is 500, and
// Options.Failed is told.
func JSON(v any) Response {
	body, err := json.Marshal(v)
	return Response{
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   body,
		err:    err,
	}
}

// Text is a response of plain text.
func Text(status int, text string) Response {
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:   []byte(text + "\n"),
	}
}

// check returns why the response cannot be written.
func (r Response) check() error {
	if r.err != nil {
		return r.err
	}
	if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		return fmt.Errorf("an answer of status %d: it must be 200 to 599, or 0 for 200", r.Status)
	}
	return nil
}

// complete returns the response as it goes out, the same with a network and
// without.
func (r Response) complete(method string) Response {
	if r.Status == 0 {
		r.Status = http.StatusOK
	}
	if r.Header = r.Header.Clone(); r.Header == nil {
		r.Header = http.Header{}
	}
	switch r.Status {
	case http.StatusNotModified:
		r.Header.Del("Content-Type")
		fallthrough
	case http.StatusNoContent:
		r.Header.Del("Content-Length")
		r.Body = nil
		return r
	}
	if len(r.Body) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", http.DetectContentType(r.Body))
	}
	r.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	if method == http.MethodHead {
		r.Body = nil
	}
	return r
}

// write sends a complete response. If the client has gone there is nobody to
// tell.
func (r Response) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.Header)
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body)
}
