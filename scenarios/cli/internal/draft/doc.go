// Package draft writes scenarios from tapes. What it writes has been run: a
// draft says whether it passes as it stands.
//
// With an automation, the scenario feeds it the tape and expects it to say what
// the tape has; which topics those are is told, or guessed from what hubs and
// devices have agreed on. It begins with a message of the tape and what the
// automation answers, found by leaving topics out of the tape until it is silent.
//
// Without one, the scenario plays the tape and expects some of its own messages,
// changes of state before all, and a command with the answer of its device: a
// frame to put an automation into.
//
// The work is bounded: of a long tape the beginning is played, and the scenario
// says so.
package draft
