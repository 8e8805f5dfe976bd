package recorder

import (
	"context"
	"errors"
	"os"
	"sort"
	"time"
)

// Follower reads a tape while it is being recorded, without taking its lock: it
// gives what there is, then waits for what is flushed. It is for one goroutine.
type Follower struct {
	path  string
	q     Query
	every time.Duration

	tape   *Tape
	cursor *Cursor
	next   uint64 // the record to give next
	seen   [2]fileState
	closed bool // at the last look
	over   bool // the tape has gone beyond what is wanted
	bad    int  // looks in a row that met a tape in the middle of a change
	err    error
}

// fileState tells whether a file has changed.
type fileState struct {
	size int64
	at   time.Time
}

// How often a follower looks for news, and how many looks in a row may find a
// tape that its recorder is changing at that moment before it is called damaged.
const (
	followEvery = 200 * time.Millisecond
	followTries = 50
)

// Follow begins to read the records of a tape that q selects, and goes on with
// what comes. Whether the tape can be read is told by Next and Err.
func Follow(path string, q Query) *Follower {
	return &Follower{path: path, q: q, every: followEvery, err: q.Validate()}
}

// Next goes to the next record, and waits for it if need be. It is false when
// the recording has ended, or gone beyond the query, and all was given, when ctx
// has ended, or after an error. A recorder that was killed has not ended its tape:
// it is waited for.
func (f *Follower) Next(ctx context.Context) bool {
	for f.err == nil {
		if f.cursor != nil {
			if f.cursor.Next() {
				f.next = f.cursor.Record().Seq + 1
				f.bad = 0
				return true
			}
			if f.done(); f.bad > 0 && f.err == nil && !f.wait(ctx) { // what is being changed is not looked at at once
				return false
			}
			continue
		}
		if f.over {
			return false
		}
		ended, err := f.look()
		if err != nil || ended {
			f.err = err
			return false
		}
		if f.cursor == nil && !f.wait(ctx) {
			return false
		}
	}
	return false
}

// Record returns the record that Next stopped at, valid as that of a cursor.
func (f *Follower) Record() *Record { return f.cursor.Record() }

// Err returns what ended the reading early; nil when the recording or ctx did.
func (f *Follower) Err() error { return f.err }

// Close lets the tape go.
func (f *Follower) Close() error {
	if f.tape == nil {
		return nil
	}
	err := f.tape.Close()
	f.tape, f.cursor = nil, nil
	return err
}

func (f *Follower) wait(ctx context.Context) bool {
	t := time.NewTimer(f.every)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// done ends a look. What was read up to there stands; a chunk that could not be
// read is looked at again.
func (f *Follower) done() {
	if f.cursor.Err() == nil {
		f.next, f.bad = max(f.next, f.tape.total.Records), 0
		f.over = f.q.Until > 0 && f.tape.total.LastAt > f.q.Until
	} else {
		f.seen = [2]fileState{}
		f.stumble(f.cursor.Err())
	}
	_ = f.Close()
}

// stumble counts a look that met damage, which may be a change under way.
func (f *Follower) stumble(err error) {
	if f.bad++; f.bad > followTries {
		f.err = err
	}
}

// look opens the tape if there is news. ended is true when its recorder has
// closed it and all was given.
func (f *Follower) look() (ended bool, err error) {
	now := [2]fileState{stateOf(f.path), stateOf(f.path + LogSuffix)}
	if now == f.seen && now != ([2]fileState{}) {
		return f.closed, nil
	}
	t := &Tape{path: f.path, unlocked: true}
	err = t.open()
	var damage *DamageError
	if errors.As(err, &damage) {
		f.stumble(err)
		return false, errors.Join(f.err, t.Close())
	}
	if err != nil {
		return false, errors.Join(err, t.Close())
	}
	f.seen, f.closed = now, t.head.Clean
	if t.total.Records <= f.next {
		if t.end == nil {
			f.bad = 0
		} else { // what comes next cannot be read
			f.seen = [2]fileState{}
			f.stumble(t.end)
		}
		return f.closed, errors.Join(f.err, t.Close())
	}
	f.tape, f.cursor = t, t.cursorFrom(f.q, f.next)
	return false, nil
}

func stateOf(path string) fileState {
	st, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return fileState{size: st.Size(), at: st.ModTime()}
}

// cursorFrom is Cursor for the records from a number on.
func (t *Tape) cursorFrom(q Query, seq uint64) *Cursor {
	c := t.Cursor(q)
	c.firstSeq = seq
	c.next = max(c.next, sort.Search(len(t.entries), func(i int) bool {
		return t.entries[i].firstSeq+uint64(t.entries[i].records) > seq
	}))
	return c
}
