// Package simtest brings simulated worlds into go test.
//
//	func TestHall(t *testing.T) {
//		w := simtest.New(t, sim.Options{})
//		w.AddApp("hall", hall.New(hall.Params{}))
//		w.ExpectNever(w.Like("zigbee2mqtt/+/set", `{"brightness":0}`))
//		w.Publish("zigbee2mqtt/hall_motion", `{"occupancy":true}`)
//		w.RouteUntil(`zigbee2mqtt/hall_light/set`, `{"state":"ON"}`, time.Second)
//	}
//
// A [World] is a sim.World whose mistakes end the test, with what was seen, what
// was said around it, the last that the apps logged, and the command that runs
// the test again. [Scenarios] runs scenario files as subtests.
//
// # Expectations
//
// Steps (RouteUntil, Never, Advance, …) run the world and look at what is said
// meanwhile. What begins with Expect runs nothing: it is said before the first
// step and judged when the test ends, over the whole run, as `expect` is in a
// scenario file. A test that has failed before that is not judged, but for
// ExpectNever.
//
// Assertions of testify and others stand between steps as in any test; in a suite
// a world is made of s.T(). They may also stand in the callbacks of an app under
// test: one that ends the test (require, t.FailNow) ends it there.
//
// # Flags
//
//	go test -hubtape.update      rewrite golden files
//	go test -hubtape.html DIR    write a page a world to DIR, with all that was said in it
//
// They are there in every test binary that imports this package, and in no
// other: `go test ./...` with them fails in packages that do not. A relative DIR
// is one in the folder of the package, as go test runs each test there; it is made
// when it is missing. The pages are named for the tests: TestHall.html,
// TestHall.at_night.html for a subtest, TestHall-2.html for the second world of a
// test.
//
// A bool flag named update that the test binary has anyway, of its own tests or
// of a library for golden files, has the same effect as -hubtape.update. This
// package does not define one: whoever did so too would panic at the start.
package simtest
