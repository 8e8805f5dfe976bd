package settings

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// shape is how the loader goes through a type.
type shape uint8

const (
	shapeLeaf shape = iota // one text
	shapeStruct
	shapeMap // of structs, by name
)

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType    = reflect.TypeFor[time.Duration]()
)

func shapeOf(t reflect.Type) shape {
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return shapeLeaf
	case t.Kind() == reflect.Struct:
		return shapeStruct
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		return shapeMap
	}
	return shapeLeaf
}

// eachField calls do with each field that has a tag, and with those of embedded
// structs.
func eachField(v reflect.Value, path string, do func(v reflect.Value, path string)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, tagged := field.Tag.Lookup("setting")
		switch {
		case tagged:
			do(v.Field(i), join(path, name))
		case field.Anonymous && field.Type.Kind() == reflect.Struct:
			eachField(v.Field(i), path, do)
		}
	}
}

// parse reads a text into a setting.
func parse(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if v.Type() == durationType {
		d, err := parseDuration(text)
		v.SetInt(int64(d))
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		return parseBool(v, text)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q is no whole number that fits", text)
		}
		v.SetInt(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return fmt.Errorf("%q is no number that fits", text)
		}
		v.SetFloat(n)
	default:
		return fmt.Errorf("a %v cannot be set by a text", v.Type())
	}
	return nil
}

// parseDuration reads seconds, or a duration as Go writes it.
func parseDuration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		return 0, fmt.Errorf("%q is no number of seconds", text)
	}
	return d, nil
}

var bools = map[string]bool{"1": true, "true": true, "yes": true, "on": true, "0": false, "false": false, "no": false, "off": false}

// show is a setting as a text that parse reads; a Secret is not shown.
func show(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return strconv.FormatFloat(value.Seconds(), 'f', -1, 64)
	case encoding.TextMarshaler:
		text, err := value.MarshalText()
		if err != nil {
			return err.Error()
		}
		return string(text)
	default:
		return fmt.Sprint(value)
	}
}

func parseBool(v reflect.Value, text string) error {
	b, ok := bools[strings.ToLower(text)]
	if !ok {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	v.SetBool(b)
	return nil
}
