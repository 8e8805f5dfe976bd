package conn

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Returned by Parse, ParseVersion and Dial before anything is sent.
var (
	// ErrAddress: the broker's address cannot be read.
	ErrAddress = errors.New("wrong broker address")
	// ErrOptions: another option makes no sense.
	ErrOptions = errors.New("wrong options")
)

// ErrConnect is wrapped by Dial when the broker cannot be reached or refuses;
// [Hint] says what to look at. A refusal is a [*RefusedError] in its chain.
var ErrConnect = errors.New("no connection")

// ErrSubscribe is wrapped by Subscribe and Unsubscribe when the broker does not
// do what it was asked.
var ErrSubscribe = errors.New("the broker did not accept the subscription")

// ErrPublish is wrapped by Publish when the message cannot be sent on this
// connection, and handed to done when the broker refuses it. The connection
// goes on.
var ErrPublish = errors.New("the message cannot be published")

// Returned by every method of a connection that has ended, and handed to the
// done of what was under way.
var (
	// ErrLost: it ended by anything but Close.
	ErrLost = errors.New("the connection was lost")
	// ErrClosed: it ended by Close.
	ErrClosed = errors.New("the connection was closed")
)

// ErrMalformed is in the chain when the broker sent what is no MQTT, or not of
// this version.
var ErrMalformed = errors.New("malformed packet")

// lost is an end that Close did not ask for.
func lost(why error) error {
	if errors.Is(why, io.EOF) {
		return fmt.Errorf("%w: the broker closed it", ErrLost)
	}
	return fmt.Errorf("%w: %w", ErrLost, why)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// SilentError is in the chain of a loss when nothing came from the broker any
// more: what it sent meanwhile, if it did, is lost.
type SilentError struct {
	Since time.Time     // when the last byte came
	Most  time.Duration // how long it may be silent
}

// Error says how long nothing came.
func (e *SilentError) Error() string {
	return fmt.Sprintf("the broker has been silent for more than %v, pings were not answered", e.Most)
}

// RefusedError is a broker's refusal of a CONNECT.
type RefusedError struct {
	Version Version // that was asked for
	Code    byte    // a return code of 3.1.1 (3.2.2.3), or a reason code of MQTT 5 (3.2.2.2)
	Reason  string  // what the broker says about it; MQTT 5 only, mostly ""
	// Old is set where a broker answered MQTT 5 in the format of 3.1.1.
	Old bool
}

// Error says the code in words.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("the broker refuses MQTT %s: %s (code 0x%02x)", e.Version, e.text(), e.Code)
	if e.Reason != "" {
		text += fmt.Sprintf(": it says %q", e.Reason)
	}
	return text
}

func (e *RefusedError) text() string {
	if e.Version == V311 || e.Old {
		return returnText(e.Code)
	}
	return reasonText(e.Code)
}
