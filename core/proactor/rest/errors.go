package rest

import (
	"errors"
	"fmt"
)

// Kind is in what way an answer has failed.
type Kind uint8

// The kinds of failures.
const (
	// NoAnswer: the request could not be made, or its answer not be read, in
	// time or at all.
	NoAnswer Kind = iota
	// BadStatus: the service answered that it could not.
	BadStatus
	// NotConverted: Convert returned an error, or panicked.
	NotConverted
)

func (k Kind) String() string {
	switch k {
	case NoAnswer:
		return "no answer"
	case BadStatus:
		return "bad status"
	case NotConverted:
		return "not converted"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

var (
	// ErrTimeout: the answer, or its body, took longer than Options.Timeout.
	ErrTimeout = errors.New("the answer took too long")
	// ErrTooLong: the body was longer than Options.BodyMax.
	ErrTooLong = errors.New("the answer's body is too long")
)

// Error says how one answer has failed.
type Error struct {
	Poller string
	Kind   Kind
	// Row is the number of failures that followed each other, this one included.
	Row int
	Err error
}

func (e *Error) Error() string {
	return fmt.Sprintf("poller %q, failure %d in a row: %v: %v", e.Poller, e.Row, e.Kind, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// StatusError is the cause of a BadStatus. The answer's body may be cut short.
type StatusError struct{ Answer Answer }

// bodyShown is how much of a body an error's text shows, in bytes.
const bodyShown = 70

func (e *StatusError) Error() string {
	body := e.Answer.Body
	return fmt.Sprintf("the service answered %d: %q", e.Answer.Status, body[:min(len(body), bodyShown)])
}
