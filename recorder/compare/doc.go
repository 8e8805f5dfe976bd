// Package compare tells in what two recordings differ, message by message and by
// meaning: JSON by its values, numbers within a tolerance, times within another.
//
//	report, err := compare.Compare(a.Cursor(recorder.Query{}), b.Cursor(recorder.Query{}), compare.Options{
//		Ignore: []string{"last_seen"},
//		Time:   100 * time.Millisecond,
//	})
//	if !report.Equal() {
//		fmt.Print(report)
//	}
//
// What is compared are messages, wills and snapshots; what else stands on a tape
// is passed over, and so is who said a message and when by the wall clock. The
// messages of a topic are compared in their order, its snapshots for themselves;
// topics have no order among each other.
//
// Two messages of a topic that say the same at about the same time are a pair.
// The rest is aligned so that there are as few differences as possible: a message
// that is not there is one difference, [Missing], and those behind it still find
// their partners. A message that says the same at another time is [Moved], one
// that says something else at the same time is [Changed].
//
// # Memory
//
// Both recordings are read once, side by side, and what has no partner waits:
// 64 MiB of it at most ([Options.MemoryBytes]). Of a topic that waits on both
// sides 256 messages, or more of one where the other has less, are aligned at a
// time, and the first half of that is settled. So a message that moved past more
// than about a hundred others of its topic is told as Missing and Extra, and
// where what waits takes more than 64 MiB there may be more differences than need
// be. There are never fewer: what is called equal is equal.
//
// With times, any number of messages may be missing in a row. Without them
// (Options.Time below 0) the comparison of a topic gets out of step where more
// than about 150 are, and what follows is told as changed; so compare times,
// with a generous tolerance, where the recordings have them.
package compare
