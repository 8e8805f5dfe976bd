package events

import (
	"errors"

	"github.com/hubtape/hubtape/core/proactor/codec"
)

// Startup says that a proactor began to run.
type Startup struct{ Header }

// Shutdown says that it ended, and why.
type Shutdown struct {
	Header
	Reason string
}

// Severity is how bad a Problem is.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something that went wrong and did not end the proactor.
type Problem struct {
	Header
	ProblemType Severity
	Summary     string
	Details     string
}

// Connected says that the connection to a link's broker was made.
type Connected struct {
	Header
	PeerName string
}

// Disconnected says that it was lost.
type Disconnected struct {
	Header
	PeerName string
}

// FullySubscribed says that the broker has acknowledged all subscriptions of a
// link.
type FullySubscribed struct {
	Header
	PeerName string
}

// PeerActive says that a peer was heard, and that its link is active with that.
type PeerActive struct {
	Header
	PeerName string
}

// ResponseTimeout says that a peer did not acknowledge a message in time, and
// that its link is no longer active.
type ResponseTimeout struct {
	Header
	PeerName string
}

// version is that of all types here.
const version = "000"

// Register lets a codec know the types here.
func Register(c *codec.Codec) error {
	return errors.Join(
		codec.Register[Startup](c, "gridworks.event.startup", version),
		codec.Register[Shutdown](c, "gridworks.event.shutdown", version),
		codec.Register[Problem](c, "gridworks.event.problem", version),
		codec.Register[Connected](c, "gridworks.event.comm.mqtt.connect", version),
		codec.Register[Disconnected](c, "gridworks.event.comm.mqtt.disconnect", version),
		codec.Register[FullySubscribed](c, "gridworks.event.comm.mqtt.fully.subscribed", version),
		codec.Register[PeerActive](c, "gridworks.event.comm.peer.active", version),
		codec.Register[ResponseTimeout](c, "gridworks.event.comm.response.timeout", version),
	)
}
