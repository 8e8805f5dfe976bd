package events

import "reflect"

// Header is what every event begins with. What is left empty is filled in when
// the event is generated.
type Header struct {
	// MessageID names the event for good: in the store, and in acks.
	MessageID string `json:"MessageId"`
	// TimeNS is when it was generated, in nanoseconds since 1970.
	TimeNS int64
	// Src is the name of the proactor that generated it.
	Src string
}

// Head returns the header.
func (h Header) Head() Header { return h }

// SetHead replaces the header.
func (h *Header) SetHead(to Header) { *h = to }

// Event is a payload with a header, by value or by pointer.
type Event interface{ Head() Header }

// New is an event that can still be filled in: a pointer to one.
type New interface {
	Event
	SetHead(to Header)
}

// Value is the event that a pointer points to, as a codec knows it.
func Value(e New) any { return reflect.Indirect(reflect.ValueOf(e)).Interface() }
