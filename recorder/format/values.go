package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/tidwall/gjson"
)

// object reads a JSON object.
func object(text []byte) (gjson.Result, error) {
	if !jsontext.Valid(text) {
		return gjson.Result{}, errors.New("it is not JSON")
	}
	obj := gjson.ParseBytes(text)
	if !obj.IsObject() {
		return obj, errors.New("it is not a JSON object")
	}
	return obj, nil
}

// lineObject walks over the keys of a line that is a JSON object.
func lineObject(line []byte, field func(key string, v gjson.Result) error) error {
	obj, err := object(line)
	if err != nil {
		return err
	}
	return members(obj, field)
}

func text(v gjson.Result) (string, error) {
	if v.Type != gjson.String {
		return "", fmt.Errorf("%s is no text", short(v.Raw))
	}
	return v.String(), nil
}

func textOrNull(v gjson.Result) (string, error) {
	if v.Type == gjson.Null {
		return "", nil
	}
	return text(v)
}

// short keeps a quoted value within one readable sentence.
func short(raw string) string {
	if len(raw) > 40 {
		return raw[:40] + "…"
	}
	return raw
}

func seconds(v gjson.Result) (time.Duration, error) {
	if v.Type != gjson.Number {
		return 0, fmt.Errorf("%s is no number of seconds", short(v.Raw))
	}
	return ParseSeconds(v.Raw)
}

func encoding(v gjson.Result) (isBase64 bool, err error) {
	switch {
	case v.Type == gjson.Null || v.String() == "":
		return false, nil
	case v.String() == "base64":
		return true, nil
	}
	return false, fmt.Errorf(`%s is unknown; there is "base64"`, short(v.Raw))
}

func qos(v gjson.Result) (byte, error) {
	if v.Type == gjson.Null {
		return 0, nil
	}
	if v.Type == gjson.String {
		return 0, fmt.Errorf("%s is a text, and none of 0, 1 and 2", short(v.Raw))
	}
	return parseQoS(v.Raw)
}

func parseQoS(s string) (byte, error) {
	if n, err := strconv.ParseUint(s, 10, 8); err == nil && n <= 2 {
		return byte(n), nil
	}
	return 0, fmt.Errorf("%s is none of 0, 1 and 2", short(s))
}

func sitting(v gjson.Result) (uint32, error) {
	n, err := strconv.ParseUint(v.Raw, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is no number of a sitting", short(v.Raw))
	}
	return uint32(n), nil
}

// truth also takes null.
func truth(v gjson.Result) (bool, error) {
	if v.Type == gjson.Null {
		return false, nil
	}
	return parseTruth(v.Raw)
}

// parseTruth also takes 0 and 1, which mosquitto_sub writes, and what Python
// does.
func parseTruth(s string) (bool, error) {
	switch s {
	case "true", "1", "True":
		return true, nil
	case "false", "0", "False":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", short(s))
}

// fromBase64 reads a payload.
func fromBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%q is no base64: %w", short(s), err)
	}
	return b, nil
}

// buffer returns the bytes of what JSON.stringify makes of a Buffer of Node.js,
// {"type":"Buffer","data":[1,2]}; ok says whether it is one.
func buffer(v gjson.Result) (b []byte, ok bool) {
	if !v.IsObject() || v.Get("type").String() != "Buffer" || len(v.Map()) != 2 {
		return nil, false
	}
	data := v.Get("data")
	if ok = data.IsArray(); !ok {
		return nil, false
	}
	data.ForEach(func(_, v gjson.Result) bool {
		n, err := strconv.ParseUint(v.Raw, 10, 8)
		b = append(b, byte(n))
		ok = err == nil
		return ok
	})
	return b, ok
}
