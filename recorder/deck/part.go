package deck

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// ErrGone is what [Deck.Run] wraps when somebody has deleted the tape, or put
// another file in its place, while it was being written.
var ErrGone = errors.New("the tape is not there any more")

// part is the tape that is being written.
type part struct {
	w         *recorder.Writer
	session   uint32
	number    int    // from 1; 0: there are no parts
	recording string // drawn once for all parts
	resumed   bool   // it was there before
	silent    bool   // and nothing was added to it yet
	began     time.Time
	file      fs.FileInfo // of the tape, when it was opened; nil: the system did not tell
}

// hold takes a tape as the one that is being written.
func (p *part) hold(w *recorder.Writer) {
	p.w = w
	p.file, _ = os.Stat(w.Path())
}

// isThere returns ErrGone when what is written would be of no use.
func (p *part) isThere() error {
	now, err := os.Stat(p.w.Path())
	if p.file == nil || err == nil && os.SameFile(p.file, now) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%s: %w: it was deleted or replaced while it was recorded", p.w.Path(), ErrGone)
}

// due reports whether another part is to begin.
func (p *part) due(o Options, now time.Time) bool {
	if p.number == 0 || p.w.Stats().Records == 0 {
		return false
	}
	s := p.w.Stats()
	return (o.RotateEvery > 0 && now.Sub(p.began) >= o.RotateEvery) || (o.RotateBytes > 0 && s.SealedBytes+p.w.UnsealedBytes() >= o.RotateBytes)
}

func (p *part) discard() error {
	err := p.w.Close()
	if p.resumed {
		return err
	}
	return errors.Join(err, os.Remove(p.w.Path()))
}

// firstPart makes the tape, takes it up, or makes the next part.
func (d *Deck) firstPart() (err error) {
	if d.o.inParts() {
		var id [8]byte
		_, _ = rand.Read(id[:])
		d.part.recording = hex.EncodeToString(id[:])
		n, err := lastPart(d.o.Path)
		if err != nil {
			return err
		}
		if n > 0 && !d.o.Append { // what is written next would count as the older ones, and not be kept
			return fmt.Errorf("%s: %w; its parts are those of another recording: go on after them, or choose another name", partPath(d.o.Path, n), recorder.ErrExists)
		}
		return d.partAfter(n)
	}
	if !d.o.Append {
		return d.create(d.time.began)
	}
	w, err := recorder.Resume(d.o.Path, d.o.Tape)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.create(d.time.began)
	case err != nil:
		return err
	}
	d.part.hold(w)
	d.part.resumed = true
	d.resume()
	return nil
}

// partAfter makes the part that follows part n, which is of an earlier sitting,
// and tells of the time between: a gap at its head that reaches back to the end
// of the one before, and so before its own start. 0: there is none.
func (d *Deck) partAfter(n int) error {
	d.part.number = n + 1
	if n == 0 {
		return d.create(d.time.began)
	}
	t, err := recorder.Open(partPath(d.o.Path, n))
	if errors.Is(err, recorder.ErrLocked) {
		return err // another recorder is at it
	}
	var since time.Duration
	if err != nil { // a part that cannot be read is no reason to record nothing
		d.o.Log.Warn("the last part cannot be read", "error", err)
	} else {
		if i := t.Info(); i.Start.UnixNano() != 0 {
			since = min(i.Start.Add(i.Duration).Sub(d.time.date), 0)
		}
		if err := t.Close(); err != nil {
			return err
		}
	}
	if err := d.create(d.time.began); err != nil {
		return err
	}
	if err := d.gap(since, d.time.began, "the recorder was not running"); err != nil {
		return errors.Join(err, d.part.discard())
	}
	return nil
}

// resume places this sitting behind what the tape has. The time between is told
// when there is something to write: a broker that is not there adds nothing.
func (d *Deck) resume() {
	w := d.part.w
	session, last := w.End()
	d.time.last, d.time.base = last, last
	if w.Start().UnixNano() != 0 {
		d.time.base = max(last, d.time.date.Sub(w.Start()))
	}
	if !w.Empty() {
		d.part.session, d.part.silent = session+1, true
	}
}

// breakSilence tells of the time between the last sitting and this one.
func (d *Deck) breakSilence() error {
	if !d.part.silent {
		return nil
	}
	d.part.silent = false
	return d.gap(d.time.last, d.time.began, "the recorder was not running")
}

// create makes the tape of the current number. Its time, where parts have one, is
// counted from now.
func (d *Deck) create(now time.Time) error {
	o := d.o.Tape
	o.Start = d.time.date
	if n := d.part.number; n > 0 {
		o.Labels = append(slices.Clone(o.Labels),
			recorder.Label{Key: recorder.LabelRecording, Value: d.part.recording}, recorder.Label{Key: recorder.LabelPart, Value: strconv.Itoa(n)})
	}
	w, err := recorder.Create(partPath(d.o.Path, d.part.number), o)
	if err != nil {
		return err
	}
	d.part.hold(w)
	d.part.session, d.part.began = 0, now
	return nil
}

// nextPart ends this part and begins another. The new one is made first: when
// that fails this one is still there to be closed.
func (d *Deck) nextPart(due time.Time) error {
	if err := d.release(); err != nil { // no head takes that long
		return err
	}
	now := time.Now() // what is written already may be later than the tick was
	old, before := d.part, d.time
	after := timeline{began: now, date: now, scale: before.scale}
	if before.simulated() {
		after.date = time.Unix(0, before.wall(before.offset(now)))
	}
	d.time, d.part.number = after, old.number+1
	err := d.create(due)
	next := d.part
	d.time, d.part = before, old
	if err != nil {
		return err
	}
	if err := d.endPart(now); err != nil {
		return errors.Join(err, next.discard())
	}
	d.time, d.part = after, next
	d.o.Log.Info("another part", "tape", next.w.Path(), "after", old.w.Path())
	asked := slices.DeleteFunc(slices.Clone(d.sources), func(s *Source) bool { return s.Head == nil })
	d.head.begin(asked)
	for _, s := range asked {
		s.Head()
	}
	return d.forget()
}

// endPart closes a part that another one follows. A gap that is open is told in
// both.
func (d *Deck) endPart(now time.Time) error {
	for _, s := range d.sources {
		s.last = 0
		if s.down {
			if err := d.gap(s.since, now, s.says(s.reason)); err != nil {
				return err
			}
			s.since = 0 // of the next part
		}
	}
	if err := d.note(now, recorder.NoteNextPart); err != nil {
		return err
	}
	err := d.part.w.Close()
	d.watch.newPart(d.part.w.Stats()) // with what was sealed by the end
	return err
}

// forget deletes the parts that are more than are kept, with the side logs of
// those whose recorder was killed.
func (d *Deck) forget() error {
	d.forgot = true
	if d.o.Keep == 0 {
		return nil
	}
	numbers, err := partNumbers(d.o.Path)
	if err != nil {
		return err
	}
	for len(numbers) > d.o.Keep && numbers[0] < d.part.number {
		old := partPath(d.o.Path, numbers[0])
		err := os.Remove(old)
		if logErr := os.Remove(old + recorder.LogSuffix); err == nil && !errors.Is(logErr, fs.ErrNotExist) {
			err = logErr
		}
		if err != nil {
			d.o.Log.Warn("an old part could not be deleted", "tape", old, "error", err)
		} else {
			d.o.Log.Info("an old part was deleted", "tape", old)
		}
		numbers = numbers[1:]
	}
	return nil
}

// partPath names a part: x-0002.hubtape for x.hubtape.
func partPath(path string, number int) string {
	if number == 0 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%04d%s", strings.TrimSuffix(path, ext), number, ext)
}

// Latest returns the tapes that a recording to path would go on after, the
// newest first: path itself, or its parts.
func Latest(path string, inParts bool) (tapes []string, err error) {
	if !inParts {
		return []string{path}, nil
	}
	numbers, err := partNumbers(path)
	for _, n := range slices.Backward(numbers) {
		tapes = append(tapes, partPath(path, n))
	}
	return tapes, err
}

// lastPart returns the number of the newest part, 0 when there is none.
func lastPart(path string) (int, error) {
	numbers, err := partNumbers(path)
	if len(numbers) == 0 {
		return 0, err
	}
	return numbers[len(numbers)-1], nil
}

// partNumbers lists the parts that there are, oldest first.
func partNumbers(path string) (numbers []int, err error) {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(filepath.Base(path), ext) + "-"
	for _, f := range files {
		digits, ok := strings.CutPrefix(strings.TrimSuffix(f.Name(), ext), stem)
		if n, err := strconv.Atoi(digits); ok && err == nil && f.Name() == filepath.Base(partPath(path, n)) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
