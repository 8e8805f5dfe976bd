// Package storetest is the contract of an event store: one suite of cases and a
// state machine that is held against a model, which run on whatever can give
// them a [Column]. A test is one line:
//
//	func TestFiles(t *testing.T) { storetest.Run(t, storetest.Column{Open: openFiles}) }
//
// A case closes and opens stores as it likes; what else happens to a disk is for
// the tests of each store.
package storetest
