package web

import (
	"errors"
	"fmt"
)

var (
	// ErrExists: AddServer and New with a name that another server has.
	ErrExists = errors.New("there is a web server of this name already")
	// ErrStarted: AddServer and AddRoute after Start. What they were given is not
	// served.
	ErrStarted = errors.New("the web servers have started: add servers and routes before Start")
	// ErrNotServing: a request by Transport to a server that is not configured,
	// is disabled, could not listen, has not started, or has stopped.
	ErrNotServing = errors.New("the web server does not serve: it is not configured, is disabled, could not listen, or does not run")
)

// ServerError says that a server could not listen, or listens no longer. It does
// not serve then.
type ServerError struct {
	Server string
	Addr   string // host:port
	Err    error
	Hint   string // what to do
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("web server %q cannot listen on %s: %v: %s", e.Server, e.Addr, e.Err, e.Hint)
}

// Unwrap returns the network's error.
func (e *ServerError) Unwrap() error { return e.Err }

// RouteError says that the handler of a route has failed: with a *Panic, or with
// an answer that cannot be written. The client was answered 500.
type RouteError struct {
	Server  string
	Pattern string // of the route: "GET /relays/{name}"
	Err     error
}

func (e *RouteError) Error() string {
	return fmt.Sprintf("web server %q, %s: %v", e.Server, e.Pattern, e.Err)
}

// Unwrap returns how it failed.
func (e *RouteError) Unwrap() error { return e.Err }

// Panic is a panic of a handler, as an error.
type Panic struct {
	Value any
	Stack []byte // of the handler, where it panicked
}

func (e *Panic) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value where that is an error.
func (e *Panic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
