package jsontext

import (
	"cmp"
	"slices"

	"github.com/tidwall/gjson"
)

// Member is one of a JSON object.
type Member struct {
	Key   string
	Value gjson.Result
}

// Members returns those of an object by key; of a key that is there twice, the
// last.
func Members(object gjson.Result) []Member {
	var all []Member
	object.ForEach(func(k, v gjson.Result) bool {
		all = append(all, Member{k.Str, v})
		return true
	})
	slices.SortStableFunc(all, func(a, b Member) int { return cmp.Compare(a.Key, b.Key) })
	kept := all[:0]
	for i, m := range all {
		if i+1 == len(all) || all[i+1].Key != m.Key {
			kept = append(kept, m)
		}
	}
	return kept
}
