package linkstate

import "fmt"

// Input is what happens to a link. The zero Input is none, and legal nowhere.
type Input uint8

// The inputs. An acknowledged subscription is two of them, since what follows
// depends on whether more are pending: Suback chooses.
const (
	StartCalled Input = iota + 1
	StopCalled
	MQTTConnected
	MQTTConnectFailed
	MQTTDisconnected
	SubackPending   // a subscription was acknowledged, others are pending
	SubackLast      // a subscription was acknowledged, none is pending
	MessageFromPeer // any message, also an ack
	ResponseTimeout // the peer has not acknowledged a message in time

	inputs = iota + 1
)

var inputNames = [inputs]string{
	0:                 "no input",
	StartCalled:       "start_called",
	StopCalled:        "stop_called",
	MQTTConnected:     "mqtt_connected",
	MQTTConnectFailed: "mqtt_connect_failed",
	MQTTDisconnected:  "mqtt_disconnected",
	SubackPending:     "mqtt_suback with some pending",
	SubackLast:        "mqtt_suback with none pending",
	MessageFromPeer:   "message_from_peer",
	ResponseTimeout:   "response_timeout",
}

func (in Input) String() string {
	if in < inputs {
		return inputNames[in]
	}
	return fmt.Sprintf("input %d", uint8(in))
}

// Suback is the input of an acknowledged subscription, after which so many are
// pending; below zero counts as zero.
func Suback(pending int) Input {
	if pending > 0 {
		return SubackPending
	}
	return SubackLast
}
