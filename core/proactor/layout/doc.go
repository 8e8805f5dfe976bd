// Package layout reads a hardware layout: the JSON file that says which nodes a
// house has, which actor each of them is, and what hardware stands behind it.
//
//	l, err := layout.Parse("hardware-layout.json", text)
//	for _, n := range l.Nodes() {
//		if n.HasActor() {
//			start(n.ActorClass, n.Name)
//		}
//	}
//
// Nodes stand in the list ShNodes; components and their classes in all lists
// whose names end with Components and Cacs. A node is known by its Name (Alias
// in older files). Its parent is named by ActorHierarchyName, "s.relay1" being
// the relay1 of s, and in older files by the node's name itself: "a.tank1" is a
// child of "a".
//
// Parse finds all faults of a file at once, each with its line and column, the
// node it is about and what to do. Keys it does not know are no faults: files
// carry much that other programs read. They are kept as they stand.
//
// A layout does not change once it is made.
package layout
