package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Returned by Register.
var (
	// ErrNameEmpty: a type needs a name.
	ErrNameEmpty = errors.New("a payload type needs a name")
	// ErrRegistered: the name with that version, or the Go type, is taken.
	ErrRegistered = errors.New("is registered already")
	// ErrNotPayload: the Go type cannot be a payload.
	ErrNotPayload = errors.New("cannot be a payload")
)

// Options of a codec.
type Options struct {
	// Unknown says what Decode does with payloads whose type or version is not
	// registered. Zero: UnknownRefused.
	Unknown UnknownPolicy
}

// UnknownPolicy is what becomes of payloads that are not registered.
type UnknownPolicy uint8

// The policies.
const (
	// UnknownRefused: an error, ErrUnknownType or ErrUnknownVersion.
	UnknownRefused UnknownPolicy = iota
	// UnknownKept: the payload is a Raw.
	UnknownKept
)

// Codec knows payload types. Make it with New.
type Codec struct {
	unknown  UnknownPolicy
	byName   map[string][]kind
	byGoType map[reflect.Type]kind
}

// kind is a registered payload type.
type kind struct {
	name     string
	versions []string // empty: any, and none is written
	decode   func(text []byte) (any, error)
}

// Validator is a payload that can tell whether it makes sense. Decode and
// Encode ask it.
type Validator interface{ Validate() error }

// New makes a codec that knows Ack and Ping.
func New(o Options) *Codec {
	c := &Codec{unknown: o.Unknown, byName: map[string][]kind{}, byGoType: map[reflect.Type]kind{}}
	c.add(reflect.TypeFor[Ack](), kind{name: AckType, decode: decodeAs[Ack]})
	c.add(reflect.TypeFor[Ping](), kind{name: PingType, decode: decodeAs[Ping]})
	return c
}

// Register lets payloads with this TypeName and one of the versions be values
// of T; the last version is the one that is written. Without versions every
// version is taken, and none is written; "" stands for payloads that carry none.
// Another T may take other versions of the same name.
//
// T is a struct that JSON writes as an object, without TypeName and Version,
// which are the codec's. Register returns ErrNameEmpty, ErrRegistered or
// ErrNotPayload, wrapped.
func Register[T any](c *Codec, name string, versions ...string) error {
	if name == "" {
		return fmt.Errorf("register %v: %w", reflect.TypeFor[T](), ErrNameEmpty)
	}
	t := reflect.TypeFor[T]()
	if err := checkType(t); err != nil {
		return fmt.Errorf("register %q: %v %w", name, t, err)
	}
	k := kind{name: name, versions: slices.Clone(versions), decode: decodeAs[T]}
	if old, taken := c.byGoType[t]; taken {
		return fmt.Errorf("register %q: %v %w, as %q", name, t, ErrRegistered, old.name)
	}
	for _, old := range c.byName[name] {
		if v, both := old.overlap(k); both {
			return fmt.Errorf("register %q: version %q %w", name, v, ErrRegistered)
		}
	}
	c.add(t, k)
	return nil
}

func (c *Codec) add(t reflect.Type, k kind) {
	c.byName[k.name] = append(c.byName[k.name], k)
	c.byGoType[t] = k
}

// checkType writes the zero value, to see what the type looks like on the wire.
func checkType(t reflect.Type) error {
	if t.Kind() != reflect.Struct {
		return fmt.Errorf("%w: it is no struct", ErrNotPayload)
	}
	text, err := marshal(reflect.Zero(t).Interface())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotPayload, err)
	}
	return checkBody(text)
}

// overlap returns a version that both would take.
func (k kind) overlap(other kind) (version string, both bool) {
	if len(other.versions) == 0 {
		return "any", true
	}
	for _, v := range other.versions {
		if k.takes(v) {
			return v, true
		}
	}
	return "", false
}

func (k kind) takes(version string) bool {
	return len(k.versions) == 0 || slices.Contains(k.versions, version)
}

// newest is the version that is written; empty: none is.
func (k kind) newest() string {
	if len(k.versions) == 0 {
		return ""
	}
	return k.versions[len(k.versions)-1]
}

func decodeAs[T any](text []byte) (any, error) {
	var payload T
	if err := json.Unmarshal(text, &payload); err != nil {
		return nil, fault("Payload", err)
	}
	return payload, validate(&payload)
}

// validate takes a pointer to a payload: its Validate may want one.
func validate(payload any) error {
	if v, ok := payload.(Validator); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("the payload makes no sense: %w", err)
		}
	}
	return nil
}
