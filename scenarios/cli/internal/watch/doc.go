// Package watch says which files have changed, once they are at rest.
//
//	seen := watch.Take(paths)
//	changed, err := watch.Changes(ctx, ticker.C, seen, func() []string { return paths })
//
// It looks at size, time and identity of files at each tick, so it works the
// same on every file system, in containers and over the network, and needs no
// handle for a file that an editor is about to replace.
package watch
