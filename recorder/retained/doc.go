// Package retained says what a broker had retained at an instant of a tape.
//
//	state, err := retained.At(tape, 2*time.Hour)
//	for _, m := range state.Messages() {
//		fmt.Printf("%s: %s\n", m.Topic, m.Payload)
//	}
//
// The rules are those by which a broker keeps messages, as far as a tape shows
// them:
//
//   - A snapshot is what the broker had: it stands in place of what was known of
//     its topic. What a gap changed is known from the snapshots behind it; a
//     message that was cleared in a gap has none, and stays.
//   - A message or a will with the retain flag is kept, and replaces the one
//     before [MQTT-3.3.1-5]; with an empty payload it clears its topic
//     [MQTT-3.3.1-6].
//   - A message without the flag changes nothing [MQTT-3.3.1-8] — as long as the
//     tape can tell. To a subscriber of MQTT 3.1.1 the broker hands every live
//     message without the flag, however it was published [MQTT-3.3.1-9], so a
//     recording made that way shows no live message with the flag at all. Up to
//     the first one that is seen, a message on a topic that had a snapshot is
//     therefore taken to have been retained like the one before it: who retains
//     on a topic does so, but for rare cases, with each message, and without the
//     rule all state would be as old as the recording. The first flag that is
//     seen shows that the recorder was told of them, and what was guessed until
//     then is given up.
//
// Expiry (MQTT 5, 3.3.2.3.3) is not followed: a message stays with the lifetime
// that it was recorded with.
package retained
