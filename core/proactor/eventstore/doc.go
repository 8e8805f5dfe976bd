// Package eventstore keeps events until the other side has them: an event is
// persisted when it happens, retrieved when it is sent again, and cleared when
// it was acknowledged.
//
//	store, found, err := eventstore.OpenFiles(eventstore.Options{Path: dir, Clock: rt})
//	if err != nil {
//		return err // there is no store
//	}
//	report(found) // files that cannot be read, and what is no event; may be nil
//	events := eventstore.NewQueue(env.Loop, store)
//	events.Persist(id, text, func(p *problems.Problems, err error) {
//		if err != nil { ... } // not stored
//	})
//
// There are four stores:
//
//   - [Files]: one readable file an event, for operators who want to look.
//   - [Bolt]: one database file. Far faster, with a checksum for each event.
//   - [Memory]: for simulated worlds and tests; it outlives its Close, not the process.
//   - [Nothing]: takes everything, remembers nothing.
//
// Package storetest holds them to one contract.
//
// # What is durable when
//
// A Persist that returned nil survives the end of the process, kill -9
// included, and a power cut, as far as the disk does what it is told. Of a
// Persist or an Apply that had not returned, each event is there whole or not at
// all; an older event of the same id, or one to be dropped for room, goes only
// when the new one is safe. A Clear that returned survives the end of the
// process; after a power cut an event cleared from Files may be pending once
// more (from Bolt it may not). To send an event twice is harmless; to lose one
// is not.
//
// Durability costs a wait for the disk, a tenth of a millisecond to ten. It is
// shared by the changes of one Apply. [Queue] makes a batch of whatever comes
// while the disk is busy, and keeps the loop from waiting.
//
// # Limits
//
// A store holds Options.BytesMax bytes of contents; the oldest events are
// dropped for new ones, which Store.Dropped counts. An id has 1 to 64 bytes, an
// event at least one. Contents are bytes: whether they are good JSON is for who
// reads them.
package eventstore
