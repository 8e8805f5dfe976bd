package broker

import "errors"

// Returned by every operation.
var (
	// ErrClosed: the broker was closed.
	ErrClosed = errors.New("the broker is closed: make a new one")
	// ErrReentrant: a Tap or a Wake called the broker back.
	ErrReentrant = errors.New("called from a Tap or a Wake: these only take notes; act in a task")
)

// Returned by New and Serve.
var (
	// ErrOptions: an option is missing or makes no sense.
	ErrOptions = errors.New("wrong options")
	// ErrListen: the address cannot be listened on.
	ErrListen = errors.New("cannot listen")
)

// Returned by Connect.
var (
	// ErrClientID: the client id cannot be used.
	ErrClientID = errors.New("wrong client id")
	// ErrInUse: the client id belongs to a network client, which an in-process
	// session cannot take over.
	ErrInUse = errors.New("the client id is in use by a network client: choose another, or let that client end its session")
)

// Returned by the methods of a Session whose connection has ended; Err says
// which.
var (
	// ErrDisconnected: the session was ended by Disconnect.
	ErrDisconnected = errors.New("the session was disconnected: connect again")
	// ErrDropped: the connection was lost, see Drop.
	ErrDropped = errors.New("the connection was lost: connect again")
	// ErrTakenOver: another session connected with the same client id
	// [MQTT-3.1.4-2].
	ErrTakenOver = errors.New("another session took over the client id: give each client its own")
)

// Returned by Publish, Subscribe, Connect (for its will) and SetRetained.
// Topics and filters that are none wrap mqtt.ErrTopic and mqtt.ErrFilter.
var (
	// ErrQoS: a QoS above 2 [MQTT-3.3.1-4].
	ErrQoS = errors.New("the QoS must be 0, 1 or 2")
	// ErrTooLarge: the payload is longer than Options.MaxMessageBytes.
	ErrTooLarge = errors.New("the payload is too large")
	// ErrRefused: the broker does not let this client do this here.
	ErrRefused = errors.New("refused")
)
