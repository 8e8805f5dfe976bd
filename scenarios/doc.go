// Package scenarios reads scenario files: which automation runs against which
// tape, what is done to it and what it must do. One YAML 1.2 document in a file
// is one [Scenario].
//
//	s, err := scenarios.Load("hallway.yaml")
//
// Reading finds all faults of a file at once. The error is then an [Errors]:
// each fault with its line and column, the lines around it with a caret, and
// what was probably meant. What is allowed but looks like a mistake is in
// [Scenario.Warnings]. Reading does no I/O beyond the file itself:
// [Scenario.CheckFiles], [Scenario.CheckGolden] and [Scenario.CheckApps] look at
// the rest of the world.
//
// Anchors, aliases, merge keys and tags of YAML are refused: a scenario says
// what it means where it is read. Text is never turned into something else by
// its look: OFF, on and yes are texts (with a warning, as other readers of YAML
// see false and true).
//
// [Schema] is the JSON Schema of the same files, for editors.
package scenarios
