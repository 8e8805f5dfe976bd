package recorder

import (
	"errors"
	"fmt"
)

// Kind says what a record tells.
type Kind uint8

// The kinds of records. Their numbers and names are part of the format.
const (
	// KindMessage is a message that somebody published.
	KindMessage Kind = 1 + iota
	// KindConnect: Client connected.
	KindConnect
	// KindDisconnect: Client is gone; Text says why, when that is known.
	KindDisconnect
	// KindSubscribe: Client subscribed to the filter in Topic and was granted QoS.
	KindSubscribe
	// KindUnsubscribe: Client gave up the filter in Topic.
	KindUnsubscribe
	// KindWill is the will of Client, as the broker published it.
	KindWill
	// KindGap: the recorder did not hear a hub, or dropped what it said, in the
	// stretch that [Record.Gap] returns, for the reason in Text.
	KindGap
	// KindSnapshot is a message that the broker had retained and handed over
	// when the recorder subscribed: before the first gap on a tape it is state
	// from before the recording, after a gap it is what the gap left behind.
	KindSnapshot
	// KindClockJump: the wall clock was set forward (or back, when negative) by
	// Until; monotonic time went on.
	KindClockJump
	// KindNote is a remark, in Text.
	KindNote
	kindEnd
)

// ErrKind is returned, wrapped with the name, by [ParseKind].
var ErrKind = errors.New("no kind of record")

var kindNames = [kindEnd]string{
	KindMessage: "message", KindConnect: "connect", KindDisconnect: "disconnect",
	KindSubscribe: "subscribe", KindUnsubscribe: "unsubscribe", KindWill: "will",
	KindGap: "gap", KindSnapshot: "snapshot", KindClockJump: "clock jump", KindNote: "note",
}

// String returns the kind's name, such as "message" or "clock jump".
func (k Kind) String() string {
	if k.Valid() {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Valid reports whether k is one of the kinds above.
func (k Kind) Valid() bool { return k > 0 && k < kindEnd }

// IsMessage reports whether a record of this kind carries an application
// message: a message, a will or a snapshot.
func (k Kind) IsMessage() bool { return k == KindMessage || k == KindWill || k == KindSnapshot }

// ParseKind returns the kind with that name.
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if n == name && k > 0 {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrKind, name)
}

// MessageKinds returns the kinds that carry an application message, for
// [Query.Kinds].
func MessageKinds() []Kind { return []Kind{KindMessage, KindWill, KindSnapshot} }
