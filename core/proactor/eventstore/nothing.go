package eventstore

import "github.com/hubtape/hubtape/core/proactor/problems"

// Nothing is a store that takes every event and remembers none. The zero value
// is ready for use.
type Nothing struct{}

var _ Store = Nothing{}

// Persist does nothing.
func (Nothing) Persist(string, []byte) (*problems.Problems, error) { return nil, nil }

// Apply does nothing, successfully.
func (Nothing) Apply(changes []Change) []Result { return make([]Result, len(changes)) }

// Retrieve finds nothing.
func (Nothing) Retrieve(string) (content []byte, found bool, err error) { return nil, false, nil }

// Clear does nothing.
func (Nothing) Clear(string) (*problems.Problems, error) { return nil, nil }

// Pending is empty.
func (Nothing) Pending() []string { return nil }

// NumPending is 0.
func (Nothing) NumPending() int { return 0 }

// Bytes is 0.
func (Nothing) Bytes() int64 { return 0 }

// Dropped is 0.
func (Nothing) Dropped() int { return 0 }

// Reindex finds nothing.
func (Nothing) Reindex() (*problems.Problems, error) { return nil, nil }

// Close does nothing.
func (Nothing) Close() error { return nil }
