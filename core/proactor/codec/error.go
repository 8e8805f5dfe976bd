package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// In an *Error of Decode and Encode.
var (
	// ErrUnknownType: nothing is registered under that name or for that Go type.
	ErrUnknownType = errors.New("the type is not registered")
	// ErrUnknownVersion: the name is registered, with other versions.
	ErrUnknownVersion = errors.New("the version is not registered")
	// ErrTopic: the topic is none of GridWorks', or a name cannot stand in one.
	ErrTopic = errors.New("no GridWorks topic")
)

// headBytesMax is how much of a message that cannot be understood is told.
const headBytesMax = 70

// Error is a message that cannot be read or written.
type Error struct {
	Topic string // empty from Encode
	Type  string // as the header has it; empty: not known
	Head  []byte // the first 70 bytes of what came; nil from Encode
	Err   error
}

// Error names the topic and the type, says what is wrong and how the message
// begins.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Topic != "" {
		fmt.Fprintf(&b, "message on %q: ", e.Topic)
	}
	if e.Type != "" {
		fmt.Fprintf(&b, "type %q: ", e.Type)
	}
	b.WriteString(e.Err.Error())
	if e.Head != nil {
		fmt.Fprintf(&b, "; it begins %q", e.Head)
	}
	return b.String()
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

func head(text []byte) []byte {
	return slices.Clone(text[:min(len(text), headBytesMax)])
}

// fault says what json found, in words that name the member.
func fault(where string, err error) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		at := strings.Trim(where+"."+wrong.Field, ".")
		if at == "" {
			at = "the message"
		}
		return fmt.Errorf("%s is a JSON %s: it has to be %s", at, wrong.Value, wanted(wrong.Type))
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON, at byte %d: %w", syntax.Offset, err)
	case where != "":
		return fmt.Errorf("%s: %w", where, err)
	}
	return err
}

// wanted is what JSON has to have for a value of the type.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	}
	return "a number (" + t.String() + ")"
}
