// Package play says to a broker again what is on a tape, at the times that it
// was said, faster, or as fast as the broker takes it.
//
//	t, err := recorder.Open("evening.hubtape")
//	c, err := conn.Dial(ctx, conn.Options{Broker: "mqtt://localhost"})
//	report, err := play.Play(ctx, t, c, play.Options{Speed: 10})
//
// Every message has an instant of its own, counted from the start of the
// playing: what comes late makes nothing after it later, and after an hour the
// error is that of the first minute. Order is that of the tape at any speed, and
// QoS, retain flags and properties are as recorded.
package play
