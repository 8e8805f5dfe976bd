package web

import (
	"encoding/json"
	"net/http"
)

// Request is a request that has been read. It belongs to its handler.
type Request struct {
	// Request is as net/http gives it, with PathValue; its Body can be read once
	// more, so ParseForm works.
	*http.Request
	// Content is the whole body.
	Content []byte
}

// Handler answers the requests of a route in two parts. It is called off the
// loop, by many goroutines at once, and may only look at the request. What it
// returns is called on the loop's task, once, unless the client has gone, and
// makes the answer.
type Handler func(*Request) (work func() Response)

// Work is a handler all of whose work is done on the loop.
func Work(fn func(*Request) Response) Handler {
	return func(r *Request) func() Response {
		return func() Response { return fn(r) }
	}
}

// WorkJSON is Work for requests with a JSON body, which is read off the loop.
// Another body is answered with 400 and what is wrong with it, and fn is not
// called.
func WorkJSON[T any](fn func(*Request, T) Response) Handler {
	return func(r *Request) func() Response {
		var in T
		err := json.Unmarshal(r.Content, &in)
		return func() Response {
			if err != nil {
				return Text(http.StatusBadRequest, "the body is not the JSON that is wanted here: "+err.Error())
			}
			return fn(r, in)
		}
	}
}
