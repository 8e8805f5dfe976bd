// Package splice makes tapes of tapes: a stretch of one ([Cut]), several in one
// ([Merge]), and one with its records changed or left out ([Copy]).
//
//	o := splice.CutOptions{From: time.Hour, Until: 2 * time.Hour}
//	w, err := recorder.Create("hour.hubtape", recorder.Options{Start: splice.CutStart(tape, o)})
//	_, err = splice.Cut(tape, w, o)
//	err = w.Close()
//
// All of them stream: memory does not grow with the length of the tapes. The
// writer is that of a new tape, and stays the caller's to close; so do start and
// labels, for which there are [CutStart] and [MergeStart]. A new tape that was
// not finished, because of an error, is the caller's to delete.
//
// Nothing is lost on the way without a word: what is left out is counted in
// [Result], a gap that overlaps the edge of a stretch is kept as far as it is
// inside, and damage in a source ends the work with the *recorder.DamageError of
// its cursor.
package splice
