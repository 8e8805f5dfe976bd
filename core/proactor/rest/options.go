package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	// DefaultEvery is how often is asked.
	DefaultEvery = time.Minute
	// DefaultTimeout is how long an answer may take, with its body.
	DefaultTimeout = 30 * time.Second
	// DefaultBodyMax is how long the body of an answer may be, in bytes.
	DefaultBodyMax = 1 << 20
)

// Report says which failures of a kind are told.
type Report uint8

// The zero value tells what is new, once.
const (
	// FirstOfRow tells a failure unless the answer before it failed in the same
	// way.
	FirstOfRow Report = iota
	// Each tells every one.
	Each
	// Never tells none.
	Never
)

// Reports say what is told of each Kind.
type Reports struct {
	NoAnswer     Report
	BadStatus    Report
	NotConverted Report
}

func (r Reports) of(k Kind) Report {
	return [...]Report{NoAnswer: r.NoAnswer, BadStatus: r.BadStatus, NotConverted: r.NotConverted}[k]
}

// Answer is what a service said, with its whole body.
type Answer struct {
	Status int // such as 200
	Header http.Header
	Body   []byte
}

// JSON is a Convert for services that answer with one JSON value.
func JSON[T any](a Answer) (T, error) {
	var value T
	err := json.Unmarshal(a.Body, &value)
	return value, err
}

// Options say what a Poller asks, and what becomes of the answers.
type Options[T any] struct {
	// Name is what errors call the poller.
	Name string
	// URL is asked with GET, where there is no Request.
	URL string
	// Request makes each request, with the context it is given, on the poller's
	// task.
	Request func(context.Context) (*http.Request, error)
	// Every is how often is asked, first at once. It is kept exactly: what a slow
	// answer makes it miss is dropped. 0: DefaultEvery.
	Every time.Duration
	// BackoffMax lets the pause after failures grow: twice Every after the first
	// of a row, twice that after the next, up to this. 0: no growing.
	BackoffMax time.Duration
	// Timeout is how long an answer may take, with its body. 0: DefaultTimeout.
	Timeout time.Duration
	// BodyMax is how long the body of an answer may be, in bytes; a longer one is
	// a failure. 0: DefaultBodyMax.
	BodyMax int64
	// Client is what asks. Its own Timeout, which would be the machine's, is to
	// be left at 0. Required.
	Client *http.Client
	// Accept says which statuses are good. nil: 200 to 299.
	Accept func(status int) bool
	// Convert makes of a good answer what is delivered; it is called on the loop.
	// Required.
	Convert func(Answer) (T, error)
	// Deliver is called on the loop with each result. Required.
	Deliver func(T)
	// Failed is called on the loop with each failure that is to be told.
	// Required.
	Failed func(*Error)
	// Reports say which those are. The zero value: the first of each row.
	Reports Reports
}

// complete returns the options with their defaults, or what is wrong with them.
func (o Options[T]) complete() (Options[T], error) {
	if o.Client == nil || o.Convert == nil || o.Deliver == nil || o.Failed == nil {
		return o, fmt.Errorf("poller %q: %w", o.Name, errRequired)
	}
	if o.Every < 0 || o.Timeout < 0 || o.BodyMax < 0 {
		return o, fmt.Errorf("poller %q: every %v, a timeout of %v, bodies up to %d bytes: none may be below zero", o.Name, o.Every, o.Timeout, o.BodyMax)
	}
	if o.Every == 0 {
		o.Every = DefaultEvery
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.BodyMax == 0 {
		o.BodyMax = DefaultBodyMax
	}
	if o.BackoffMax == 0 {
		o.BackoffMax = o.Every
	}
	if o.BackoffMax < o.Every {
		return o, fmt.Errorf("poller %q: BackoffMax %v: it must be at least Every, %v, or zero for no backoff", o.Name, o.BackoffMax, o.Every)
	}
	if o.Accept == nil {
		o.Accept = func(status int) bool { return status >= 200 && status <= 299 }
	}
	if o.Request == nil {
		if err := checkURL(o.URL); err != nil {
			return o, fmt.Errorf("poller %q: %w", o.Name, err)
		}
		o.Request = func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
		}
	}
	return o, nil
}

var errRequired = errors.New("it needs a Client, a Convert, a Deliver and a Failed")

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("the URL cannot be read: write https://host/path")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the URL %q: write https://host/path", bare(u))
	}
	return nil
}
