// Package redact replaces secrets by stand-ins before anything reaches a tape.
//
//	rules := redact.Builtin(redact.BuiltinOptions{})
//	x := redact.New(rules, key) // key: see LoadKey
//	x.Record(&rec)              // before Append
//
// What a secret is, [Rules] say: the built-in ones (builtin.yaml in this
// folder, which is meant to be read), and those of a file that [Parse] reads.
//
// A stand-in keeps the type and the shape of what it stands for, so that
// programs that read the tape, and filters that select from it, go on working:
//
//   - a text becomes "redacted-" and 12 hexadecimal digits, which is also good
//     as a topic level;
//   - a number becomes one with as many digits, sign, point and exponent where
//     they were, the first half of its digits those of 1306749258;
//   - a list of whole numbers from 0 to 255, which is how keys are often
//     written, becomes one of the same length whose first half spells
//     "redacted";
//   - in other lists and objects each value is replaced by itself; true, false,
//     null and the empty text stay.
//
// A stand-in depends on the key and the value alone, so the same secret is the
// same stand-in in every topic, payload and tape made with that key, whichever
// rule found it. The halves that never change make stand-ins known without the
// key: they are left as they are, so redacting twice is redacting once. A
// secret number that happens to begin like a stand-in is left too; as nobody
// can tell it from one, that tells at most as much as a guess with the odds of
// the free half.
//
// Only the bytes of a secret change: spacing, key order and the spelling of
// everything else in a payload stay as they were sent. JSON inside of a JSON
// text is looked into, four deep. What is no valid JSON (a log line, a payload
// cut short) is searched for keys and values as far as it looks like JSON.
//
// Secrets are known by their place and their form, and not learned: a password
// that stood under "password" and comes again inside of a sentence is not seen
// there. Learning would have to replace such words as "zigbee2mqtt", a common
// password, in every topic, and would miss whatever came before.
package redact
