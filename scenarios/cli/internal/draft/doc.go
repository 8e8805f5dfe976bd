// Package draft writes scenarios from tapes. What it writes has been run: a
// draft says whether it passes as it stands.
//
// With an automation, the scenario feeds it the tape and expects it to say what
// the tape has; which topics those are is told, or guessed from what hubs and
// devices have agreed on. Without one, the scenario plays the tape and expects
// some of its own messages: a frame to put an automation into.
package draft
