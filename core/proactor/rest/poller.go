package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/tasks"
)

// Poller asks every so often. Make it with New.
type Poller[T any] struct {
	loop *loop.Loop
	rt   clock.Runtime
	o    Options[T]
}

// New makes a poller that delivers on the loop. What is required and missing, a
// URL that is none, and a bound below zero, are errors.
func New[T any](l *loop.Loop, o Options[T]) (*Poller[T], error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	return &Poller[T]{loop: l, rt: l.Runtime(), o: o}, nil
}

// Run asks until its job is to end; then an answer that is under way is not
// waited for, and nothing more is delivered. It is a function for Tasks.Add, of
// Tasks on the poller's loop, and returns nil.
func (p *Poller[T]) Run(job *tasks.Job) error {
	r := newRow(p.o.Every, p.o.BackoffMax)
	for due := p.rt.Now(); job.SleepUntil(due); due = r.next(due, p.rt.Now()) {
		answer, err := p.ask(job)
		told := clock.NewLatch(p.rt, "poller "+p.o.Name+": the loop")
		p.loop.Post(func() {
			defer told.Set()
			if !job.Done() {
				p.take(r, answer, err)
			}
		})
		if job.Wait(clock.Forever, told) != nil {
			return nil
		}
	}
	return nil
}

// ask gets one answer, off the loop. A request that takes too long, or whose job
// is to end, is cancelled and left alone.
func (p *Poller[T]) ask(job *tasks.Job) (Answer, error) {
	ctx, cancel := context.WithCancel(job.Context())
	defer cancel()
	request, err := protect("making the request", func() (*http.Request, error) { return p.o.Request(ctx) })
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	answered := clock.NewLatch(p.rt, "poller "+p.o.Name+": the answer")
	p.rt.Go("poller "+p.o.Name+": request", func() {
		p.rt.Blocking(func() {
			answer, err = protect("asking", func() (Answer, error) { return fetch(p.o.Client, request, p.o.BodyMax) })
		})
		answered.Set()
	})
	if late := job.Wait(clock.In(p.rt, p.o.Timeout), answered); late != nil {
		return Answer{}, fmt.Errorf("%s %s: %w: it may take %v", request.Method, bare(request.URL), ErrTimeout, p.o.Timeout)
	}
	return answer, err
}

// fetch sends a request and reads all of its answer; of one that cannot be read
// to its end it returns what there is, and an error. That names what was asked
// without what may be secret in it.
func fetch(c *http.Client, request *http.Request, bodyMax int64) (Answer, error) {
	answer, err := exchange(c, request, bodyMax)
	var outer *url.Error // which names all of the URL
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if err != nil {
		err = fmt.Errorf("%s %s: %w", request.Method, bare(request.URL), err)
	}
	return answer, err
}

func exchange(c *http.Client, request *http.Request, bodyMax int64) (Answer, error) {
	response, err := c.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(http.MaxBytesReader(nil, response.Body, bodyMax))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = fmt.Errorf("%w: it may have %d bytes", ErrTooLong, large.Limit)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, err
}

// bare is a URL without user, query and fragment, where keys may stand.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// take is on the loop: it delivers an answer, or tells how it has failed.
func (p *Poller[T]) take(r *row, answer Answer, err error) {
	value, kind, err := p.convert(answer, err)
	if err == nil {
		r.end()
		p.o.Deliver(value)
		return
	}
	first := r.add(kind)
	switch p.o.Reports.of(kind) {
	case Never:
		return
	case FirstOfRow:
		if !first {
			return
		}
	}
	p.o.Failed(&Error{Poller: p.o.Name, Kind: kind, Row: r.failures, Err: err})
}

// convert makes a value of an answer, or says in which way that has failed. A bad
// status is one whatever its body is like.
func (p *Poller[T]) convert(answer Answer, err error) (value T, kind Kind, _ error) {
	switch {
	case answer.Status != 0 && !p.o.Accept(answer.Status):
		return value, BadStatus, &StatusError{Answer: answer}
	case err != nil:
		return value, NoAnswer, err
	}
	value, err = protect("converting", func() (T, error) { return p.o.Convert(answer) })
	return value, NotConverted, err
}

// protect returns a panic of somebody's function as an error that says in what.
func protect[T any](what string, fn func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v", what, p)
		}
	}()
	return fn()
}
