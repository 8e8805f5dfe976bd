// Package problems collects errors and warnings of work that goes on after one
// of its steps failed: a folder is indexed though a file in it cannot be read,
// an event is stored though the one it replaces is gone.
//
//	var found *problems.Problems
//	for _, file := range files {
//		switch err := index(file); {
//		case errors.Is(err, errForeign):
//			found = found.Warn(err)
//		case err != nil:
//			found = found.Add(err)
//		}
//	}
//	return found, nil
//
// A *Problems is no error, so that no `if err != nil` takes a warning for a
// failure: [Problems.Err] makes one of it, and only when there is an error.
// Only so many of each kind are kept; all are counted.
package problems
