// Package expect judges a whole run at its end: that messages were said, in an
// order or in any, that others were not, and that an automation says what
// another one said on a tape. What scenario files and tests in Go have of it is
// the same.
//
//	judge := expect.NewOrdered(items)
//	world.Listen(judge.Hear)
//	… the run …
//	failures := judge.Verdict(world.Now())
package expect
