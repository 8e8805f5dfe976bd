package match

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/builtin"
)

// Names of our own operators. They cannot be written in an expression: a call
// of anything but a builtin is refused before they are put in.
const (
	opField   = "hubtape_field"
	opEqual   = "hubtape_equal"
	opAdd     = "hubtape_add"
	opPower   = "hubtape_power"
	opTruth   = "hubtape_truth"
	opBounded = "hubtape_bounded"
	opText    = "hubtape_text"
)

var orderOps = map[string]string{"<": "hubtape_less", "<=": "hubtape_at_most", ">": "hubtape_more", ">=": "hubtape_at_least"}

func operators() []*builtin.Function {
	f := func(name string, fn func(...any) (any, error)) *builtin.Function {
		return &builtin.Function{Name: name, Func: fn}
	}
	return []*builtin.Function{
		f(opField, func(a ...any) (any, error) { return field(a[0], a[1]), nil }),
		f(opEqual, func(a ...any) (any, error) { return Equal(a[0], a[1]), nil }),
		f(opAdd, func(a ...any) (any, error) { return add(a[0], a[1]) }),
		f(opPower, func(a ...any) (any, error) { return power(a[0], a[1]) }),
		f(opTruth, func(a ...any) (any, error) { return truth(a[0]) }),
		f(opBounded, func(a ...any) (any, error) { return bounded(a[0]) }),
		f(opText, func(a ...any) (any, error) { return text(a[0]) }),
		f(orderOps["<"], func(a ...any) (any, error) { return order(a[0], a[1], func(c int) bool { return c < 0 }) }),
		f(orderOps["<="], func(a ...any) (any, error) { return order(a[0], a[1], func(c int) bool { return c <= 0 }) }),
		f(orderOps[">"], func(a ...any) (any, error) { return order(a[0], a[1], func(c int) bool { return c > 0 }) }),
		f(orderOps[">="], func(a ...any) (any, error) { return order(a[0], a[1], func(c int) bool { return c >= 0 }) }),
	}
}

// field is v.key or v[key]; nil when there is no such thing.
func field(v, key any) any {
	switch v := v.(type) {
	case map[string]any:
		if k, ok := key.(string); ok {
			return v[k]
		}
	case []any:
		if i, ok := key.(int); ok {
			if i < 0 {
				i += len(v)
			}
			if i >= 0 && i < len(v) {
				return v[i]
			}
		}
	default:
		if i, ok := key.(int); ok && v != nil {
			return elementOf(reflect.ValueOf(v), i)
		}
	}
	return nil
}

// elementOf is for the lists of other types that the language itself makes,
// such as 1..3.
func elementOf(v reflect.Value, i int) any {
	if v.Kind() != reflect.Slice {
		return nil
	}
	if i < 0 {
		i += v.Len()
	}
	if i < 0 || i >= v.Len() {
		return nil
	}
	return v.Index(i).Interface()
}

// order compares two numbers or two texts; with nil it is false.
func order(a, b any, is func(int) bool) (any, error) {
	if a == nil || b == nil {
		return false, nil
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return is(strings.Compare(x, y)), nil
		}
	}
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			return is(compare(x, y)), nil
		}
	}
	x, xok := float(a)
	y, yok := float(b)
	switch {
	case !xok || !yok:
		return nil, fmt.Errorf("%s is compared with %s", kindName(a), kindName(b))
	case math.IsNaN(x) || math.IsNaN(y):
		return false, nil
	}
	return is(compare(x, y)), nil
}

func compare[T int | float64](x, y T) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// add is + of two numbers or two texts; text is bounded, else a few additions
// of a text to itself would fill memory.
func add(a, b any) (any, error) {
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			if len(x)+len(y) > maxWhereText {
				return nil, errors.New("a text grows beyond 64 KiB")
			}
			return x + y, nil
		}
	}
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			return x + y, nil
		}
	}
	x, xok := float(a)
	y, yok := float(b)
	if !xok || !yok {
		return nil, fmt.Errorf("%s is added to %s", kindName(b), kindName(a))
	}
	return x + y, nil
}

// power multiplies step by step, each product rounded to float64, so that it is
// the same on every machine.
func power(a, b any) (any, error) {
	base, aok := float(a)
	n, bok := b.(int)
	if f, ok := b.(float64); ok && f == math.Trunc(f) && math.Abs(f) <= maxExponent {
		n, bok = int(f), true
	}
	if !aok || !bok || n > maxExponent || n < -maxExponent {
		return nil, fmt.Errorf("** needs a number and a whole exponent between -%d and %d", maxExponent, maxExponent)
	}
	result := 1.0
	for range max(n, -n) {
		result = float64(result * base)
	}
	if n < 0 {
		result = 1 / result
	}
	return result, nil
}

const maxExponent = 1100 // 2**1100 is beyond float64

func truth(v any) (any, error) {
	b, ok := v.(bool)
	if !ok {
		return nil, fmt.Errorf("%s stands where true or false is needed", kindName(v))
	}
	return b, nil
}

// text is the builtin string, for everything but lists and objects.
func text(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return "nil", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v), nil // an infinity, or not a number
		}
		return string(data), nil
	}
	return nil, fmt.Errorf("string of %s is not available", kindName(v))
}

// bounded refuses a list or object that has grown too large, counting parts
// that occur in it many times as often as they occur.
func bounded(v any) (any, error) {
	left := maxWhereList
	if !fits(reflect.ValueOf(v), &left) {
		return nil, fmt.Errorf("a list or object grows beyond %d elements", maxWhereList)
	}
	return v, nil
}

func fits(v reflect.Value, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch v.Kind() {
	case reflect.Interface:
		return fits(v.Elem(), left)
	case reflect.Slice:
		for i := range v.Len() {
			if !fits(v.Index(i), left) {
				return false
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); { // order does not matter: it only counts
			if !fits(it.Value(), left) {
				return false
			}
		}
	}
	return true
}

// kindName names the type of a value as JSON would.
func kindName(v any) string {
	if v == nil {
		return "nil (a missing field)"
	}
	return typeName(reflect.TypeOf(v))
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "a number"
	}
	return t.String()
}

// plainMessage puts the machine's messages into words.
func plainMessage(m string) string {
	if strings.Contains(m, "memory budget exceeded") {
		return "it iterates too often"
	}
	conversion, ok := strings.CutPrefix(m, "interface conversion: interface {} is ")
	if !ok {
		return strings.ReplaceAll(m, "<nil>", "nil")
	}
	was, want, _ := strings.Cut(conversion, ", not ")
	return goTypeName(was) + " stands where " + goTypeName(want) + " is needed"
}

func goTypeName(t string) string {
	switch t {
	case "int", "float64":
		return "a number"
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	case "nil":
		return kindName(nil)
	case "[]interface {}":
		return "a list"
	case "map[string]interface {}":
		return "an object"
	}
	return t
}
