package splice

import "github.com/hubtape/hubtape/recorder"

// Copy copies a tape record by record. edit may change a record, all but its
// Seq, and says whether it is kept; the payload is valid only until edit
// returns, and is replaced, never written to. A nil edit keeps everything.
// Offsets and sittings stay as they are, and so do positions, until the first
// record that is not kept.
//
// The errors are the cursor's and those of [recorder.Writer.Append].
func Copy(src *recorder.Tape, w *recorder.Writer, edit func(*recorder.Record) (keep bool)) (res Result, err error) {
	c := src.Cursor(recorder.Query{Transient: true})
	for c.Next() {
		r := *c.Record() // the cursor's own tells it where it stands
		if edit != nil && !edit(&r) {
			res.Dropped++
			continue
		}
		if err := w.Append(r); err != nil {
			return res, err
		}
		res.Records++
	}
	return res, c.Err()
}
