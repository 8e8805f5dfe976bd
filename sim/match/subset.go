package match

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Subset reports whether got has all that want asks for: objects key by key,
// at every depth; arrays whole, element by element; numbers by value; all else
// equal. Both are plain values as [ParseJSON] makes them; want may hold any Go
// number.
func Subset(want, got any) bool {
	w, ok := want.(map[string]any)
	if !ok {
		return Equal(want, got)
	}
	g, ok := got.(map[string]any)
	if !ok {
		return false
	}
	var few [8]string
	for _, k := range appendSortedKeys(few[:0], w) {
		e, has := g[k]
		if !has || !Subset(w[k], e) {
			return false
		}
	}
	return true
}

// Equal reports whether two plain values say the same, numbers by value.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && a == y
	case string:
		y, ok := b.(string)
		return ok && a == y
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(a, y, Equal)
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(a) != len(y) {
			return false
		}
		var few [8]string
		for _, k := range appendSortedKeys(few[:0], a) {
			e, has := y[k]
			if !has || !Equal(a[k], e) {
				return false
			}
		}
		return true
	default:
		return equalNumbers(a, b)
	}
}

// equalNumbers compares two numbers of any Go type by value, whole numbers
// exactly; false when one is no number.
func equalNumbers(a, b any) bool {
	if x, ok := a.(int); ok { // by far the most frequent
		if y, ok := b.(int); ok {
			return x == y
		}
	}
	x, xok := toNumber(a)
	y, yok := toNumber(b)
	if !xok || !yok || x.whole != y.whole {
		return false
	}
	if !x.whole {
		return x.float == y.float
	}
	if x.big != nil || y.big != nil {
		return x.big != nil && y.big != nil && x.big.Cmp(y.big) == 0
	}
	return x.int == y.int
}

// number is a number in its one canonical form: whole and in int64, whole and
// outside (big), or neither (float).
type number struct {
	whole bool
	int   int64
	big   *big.Int
	float float64
}

func toNumber(v any) (number, bool) {
	switch v := v.(type) {
	case int:
		return number{whole: true, int: int64(v)}, true
	case int64:
		return number{whole: true, int: v}, true
	case uint64:
		if v <= math.MaxInt64 {
			return number{whole: true, int: int64(v)}, true
		}
		return number{whole: true, big: new(big.Int).SetUint64(v)}, true
	case float64:
		return floatNumber(v), true
	case Number:
		return textNumber(string(v))
	case int32:
		return number{whole: true, int: int64(v)}, true
	case int16:
		return number{whole: true, int: int64(v)}, true
	case int8:
		return number{whole: true, int: int64(v)}, true
	case uint:
		return toNumber(uint64(v))
	case uint32:
		return number{whole: true, int: int64(v)}, true
	case uint16:
		return number{whole: true, int: int64(v)}, true
	case uint8:
		return number{whole: true, int: int64(v)}, true
	case float32:
		return floatNumber(float64(v)), true
	default:
		return number{}, false
	}
}

func floatNumber(f float64) number {
	switch {
	case f != math.Trunc(f) || math.IsInf(f, 0):
		return number{float: f}
	case f >= math.MinInt64 && f < math.MaxInt64:
		return number{whole: true, int: int64(f)}
	default:
		i, _ := big.NewFloat(f).Int(nil)
		return number{whole: true, big: i}
	}
}

func textNumber(s string) (number, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{whole: true, int: n}, true
	}
	if !strings.ContainsAny(s, ".eE") {
		if i, ok := new(big.Int).SetString(s, 10); ok {
			return number{whole: true, big: i}, true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return number{}, false
	}
	return floatNumber(f), true
}

// difference is one place where a value is not what was wanted.
type difference struct{ path, was, want string }

func (d difference) String() string {
	return fmt.Sprintf("%s was %s, want %s", d.path, d.was, d.want)
}

// differences lists where got falls short of want, in key order. It also counts
// the leaves of want, for ranking near misses.
func differences(path string, want, got any, leaves *int) []difference {
	w, ok := want.(map[string]any)
	if !ok || len(w) == 0 {
		*leaves++
		if Subset(want, got) {
			return nil
		}
		return []difference{{path, show(got), show(want)}}
	}
	g, ok := got.(map[string]any)
	if !ok {
		*leaves++
		return []difference{{path, show(got), show(want)}}
	}
	var out []difference
	for _, k := range sortedKeys(w) {
		e, has := g[k]
		if !has {
			*leaves++
			out = append(out, difference{path + pathKey(k), "missing", show(w[k])})
			continue
		}
		out = append(out, differences(path+pathKey(k), w[k], e, leaves)...)
	}
	return out
}

// pathKey writes a key the way an expression would name it.
func pathKey(k string) string {
	for i, r := range k {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return "[" + strconv.Quote(k) + "]"
		}
	}
	if k == "" {
		return `[""]`
	}
	return "." + k
}

func sortedKeys[V any](m map[string]V) []string {
	return appendSortedKeys(nil, m)
}

// appendSortedKeys does not allocate when dst has room.
func appendSortedKeys[V any](dst []string, m map[string]V) []string {
	for k := range maps.Keys(m) {
		dst = append(dst, k)
	}
	slices.Sort(dst)
	return dst
}
