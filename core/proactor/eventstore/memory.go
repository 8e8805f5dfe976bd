package eventstore

import (
	"bytes"
	"cmp"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

// Memory is a store without a disk, for simulated worlds and for tests. What was
// persisted outlives a Close, since Reopen has it again, and not the process.
type Memory struct {
	index    *index
	contents map[string][]byte
	bytesMax int64
	dropped  int
	ended    error // why it cannot be used any more
}

// NewMemory makes an empty store that holds bytesMax bytes of contents; 0:
// BytesMaxDefault.
func NewMemory(bytesMax int64) *Memory {
	if bytesMax == 0 {
		bytesMax = BytesMaxDefault
	}
	return &Memory{index: newIndex(), contents: map[string][]byte{}, bytesMax: bytesMax}
}

// Reopen is what a program finds that starts again: another store that has what
// this one had, and may hold bytesMax bytes. This one is closed with that.
func (m *Memory) Reopen(bytesMax int64) *Memory {
	again := NewMemory(bytesMax)
	for _, id := range m.index.ids() {
		again.put(id, m.contents[id])
	}
	m.ended = ErrClosed
	return again
}

// Persist stores one event; see Store.
func (m *Memory) Persist(id string, content []byte) (*problems.Problems, error) {
	return only(m.Apply([]Change{{OpPersist, id, content}}))
}

// Clear forgets an event; see Store.
func (m *Memory) Clear(id string) (*problems.Problems, error) {
	return only(m.Apply([]Change{{Op: OpClear, ID: id}}))
}

// Apply makes changes; see Store.
func (m *Memory) Apply(changes []Change) []Result {
	results := make([]Result, len(changes))
	for i, c := range changes {
		r := &results[i]
		switch err := cmp.Or(m.ended, c.check(m.bytesMax)); {
		case err != nil:
			r.Err = &EventError{c.Op.String(), c.ID, "", err}
		case c.Op == OpPersist:
			r.Problems = m.persist(c.ID, c.Content)
		default:
			r.Problems = m.clear(c.ID)
		}
	}
	return results
}

func (m *Memory) persist(id string, content []byte) (found *problems.Problems) {
	old := m.index.get(id)
	for _, victim := range m.index.victims(int64(len(content)), m.bytesMax, old) {
		m.remove(victim)
		m.dropped++
	}
	if old != nil {
		found = found.Warn(&EventError{OpPersist.String(), id, "", ErrReplaced})
		m.remove(old)
	}
	m.put(id, bytes.Clone(content))
	return found
}

func (m *Memory) clear(id string) (found *problems.Problems) {
	e := m.index.get(id)
	if e == nil {
		return found.Warn(&EventError{OpClear.String(), id, "", ErrUnknown})
	}
	m.remove(e)
	return nil
}

func (m *Memory) put(id string, content []byte) {
	m.index.add(&entry{id: id, size: int64(len(content)), at: m.index.last() + 1})
	m.contents[id] = content
	m.index.tidy()
}

func (m *Memory) remove(e *entry) {
	m.index.remove(e)
	delete(m.contents, e.id)
}

// Retrieve returns an event's content; see Store.
func (m *Memory) Retrieve(id string) (content []byte, found bool, err error) {
	if m.ended != nil {
		return nil, false, m.ended
	}
	e := m.index.get(id)
	switch {
	case e == nil:
		return nil, false, nil
	case e.size > m.bytesMax:
		return nil, true, &EventError{"retrieve", id, "", ErrTooLarge}
	}
	return bytes.Clone(m.contents[id]), true, nil
}

// Pending returns the ids in the order of persisting; see Store.
func (m *Memory) Pending() []string { return m.index.ids() }

// NumPending is how many events there are.
func (m *Memory) NumPending() int { return m.index.len() }

// Bytes is the sum of the lengths of their contents.
func (m *Memory) Bytes() int64 { return m.index.bytes }

// Dropped is how many events were dropped for room; see Store.
func (m *Memory) Dropped() int { return m.dropped }

// Reindex finds what is known.
func (m *Memory) Reindex() (*problems.Problems, error) {
	return nil, m.ended
}

// Close ends the use of the store; see Reopen.
func (m *Memory) Close() error {
	m.ended = ErrClosed
	return nil
}
