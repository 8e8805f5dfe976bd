package scenarios

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hubtape/hubtape/sim/match"
)

// differences names the parts in which a JSON value differs from the one that
// is wanted. Fields whose name or path ("color.x") is in ignore are left out.
func differences(path string, want, got any, ignore []string) (lines []string) {
	a, okA := want.(map[string]any)
	b, okB := got.(map[string]any)
	if !okA || !okB {
		if !match.Equal(want, got) {
			lines = append(lines, fmt.Sprintf("%s was %s, want %s", path, show(got), show(want)))
		}
		return lines
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		field := path + "." + key
		if slices.Contains(ignore, key) || slices.Contains(ignore, field[len("payload."):]) {
			continue
		}
		x, inA := a[key]
		y, inB := b[key]
		switch {
		case !inB:
			lines = append(lines, fmt.Sprintf("%s was not there, want %s", field, show(x)))
		case !inA:
			lines = append(lines, fmt.Sprintf("%s was %s, want none", field, show(y)))
		default:
			lines = append(lines, differences(field, x, y, ignore)...)
		}
	}
	return lines
}

func show(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}
