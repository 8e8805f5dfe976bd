package compare_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"testing"

	"github.com/hubtape/hubtape/recorder/compare"
)

// Any two payloads can be compared, and what is called equal is equal to a
// parser that shares no code with ours.
func FuzzPayloads(f *testing.F) {
	for _, pair := range [][2]string{
		{`{"a":1,"b":[true,null,"x"]}`, `{"b":[true,null,"x"],"a":1.0}`},
		{"1e2", "100"},
		{"-0", "0"},
		{"ON", "OFF"},
		{`"\ud800"`, `"\ufffd"`},
		{`{"a":1,"a":2}`, `{"a":2}`},
		{"[[[[", "]]]]"},
		{`{"":{}}`, `{"":[]}`},
		{"1e-99999999999", "0"},
		{"\xff", `"\xff"`},
		{"0.10", "1e-1"},
	} {
		f.Add([]byte(pair[0]), []byte(pair[1]), uint8(0))
		f.Add([]byte(pair[0]), []byte(pair[1]), uint8(3))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, tolerance uint8) {
		o := compare.Options{Number: float64(tolerance) / 2, Ignore: []string{"t", "a.b"}}
		x, y := said(string(a)), said(string(b))
		if !run(t, x, x, o).Equal() || !run(t, y, y, o).Equal() {
			t.Fatal("a payload is not itself")
		}
		there, back := run(t, x, y, o), run(t, y, x, o)
		if there.Equal() != back.Equal() {
			t.Fatal("which is the first matters")
		}
		if !there.Equal() && len(there.Differences[0].Fields) == 0 {
			t.Fatalf("%q and %q differ in nothing", a, b)
		}
		exact := run(t, x, y, compare.Options{})
		if exact.Equal() && !there.Equal() {
			t.Fatal("a tolerance makes a difference")
		}
		if exact.Equal() && !bytes.Equal(a, b) {
			v, errV := parsed(a)
			w, errW := parsed(b)
			if errV != nil || errW != nil || !reflect.DeepEqual(v, w) {
				t.Fatalf("%q and %q are not equal: %v %v, %v %v", a, b, v, errV, w, errW)
			}
		}
	})
}

// parsed returns a JSON value with its numbers as fractions.
func parsed(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return fractions(v), nil
}

func fractions(v any) any {
	switch v := v.(type) {
	case json.Number:
		if len(v) > 30 || bytes.ContainsAny([]byte(v), "eE") {
			if f, err := v.Float64(); err == nil {
				return f
			}
			return string(v[:1])
		}
		r, _ := new(big.Rat).SetString(string(v))
		f, _ := r.Float64()
		return f + 0 // no negative zero
	case []any:
		for i := range v {
			v[i] = fractions(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = fractions(v[k])
		}
	}
	return v
}
