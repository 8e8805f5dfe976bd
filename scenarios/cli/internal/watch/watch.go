package watch

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// Look is what some files were like at a moment. The zero Look knows no file. It
// is not changed once it is taken.
type Look struct {
	files map[string]fs.FileInfo // nil: it was not there
}

// Take looks at files. One that cannot be looked at counts as not there.
func Take(paths []string) Look {
	l := Look{make(map[string]fs.FileInfo, len(paths))}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			info = nil
		} else {
			os.SameFile(info, info) // Windows asks for a file's identity only then: not when another has its name
		}
		l.files[p] = info
	}
	return l
}

// Keep returns the look with some files as they were in an earlier one; those
// that the earlier one does not know stay.
func (l Look) Keep(earlier Look, paths []string) Look {
	out := Look{maps.Clone(l.files)}
	for _, p := range paths {
		if info, known := earlier.files[p]; known {
			out.files[p] = info
		}
	}
	return out
}

// Since lists, sorted, the files that are not as they were in an earlier look. A
// file that only one of the two knows has changed if it is there.
func (l Look) Since(earlier Look) (changed []string) {
	for p, info := range l.files {
		if !same(info, earlier.files[p]) {
			changed = append(changed, p)
		}
	}
	for p, info := range earlier.files {
		if _, known := l.files[p]; !known && info != nil {
			changed = append(changed, p)
		}
	}
	slices.Sort(changed)
	return changed
}

// same reports whether nothing has happened to a file. Editors that write a new
// file and rename it over the old one may keep size and time.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// Changes waits until some of the files are not as they were, and then until two
// looks in a row are the same, so that nothing is read half-written. The paths
// are asked for at each tick, as files come and go. The error is that of ctx.
func Changes(ctx context.Context, ticks <-chan time.Time, seen Look, paths func() []string) ([]string, error) {
	before := seen
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticks:
		}
		now := Take(paths())
		if changed := now.Since(seen); len(changed) > 0 && len(now.Since(before)) == 0 {
			return changed, nil
		}
		before = now
	}
}
