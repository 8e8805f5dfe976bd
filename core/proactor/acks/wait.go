package acks

import (
	"fmt"
	"time"
)

// Wait is the record of one message that waits, or waited, for its ack.
type Wait[C any] struct {
	Link, ID string
	Started  time.Duration // by the runtime's Now
	Delay    time.Duration // after which it times out
	Context  C             // the caller's
}

// Kind is what has happened to a wait.
type Kind uint8

// The kinds. Each wait has a Started, and one of the others when it ends.
const (
	Started   Kind = iota + 1
	Acked          // in time
	TimedOut       // the delay was over
	Cancelled      // by Cancel, CancelAll, or a Start of the same link and id
)

var kindNames = [...]string{Started: "started", Acked: "acked", TimedOut: "timed out", Cancelled: "cancelled"}

func (k Kind) String() string {
	if k >= Started && k <= Cancelled {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}
