// Package brokertest is the contract of an MQTT broker as hubtape needs it: one
// suite of cases, each named by a clause of MQTT 3.1.1 or by a behaviour, that
// runs on whatever can give it a [Column]:
//
//   - [InProcess]: sessions of package broker, in a virtual or a system runtime.
//   - [Served]: paho over TCP to package broker.
//   - [Mosquitto]: paho over TCP to a real mosquitto.
//
// A test is one line:
//
//	func TestInProcess(t *testing.T) { brokertest.Run(t, brokertest.InProcess) }
//
// Where brokers may differ, a column says so in its [Traits]; the case then
// holds it to what it says. No case waits by sleeping: what must arrive is
// waited for, and what must not is followed by a marker that must be next.
package brokertest
