package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/tidwall/gjson"
)

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
	if v.Type == gjson.Number {
		if n, err := strconv.ParseUint(v.Raw, 10, 8); err == nil && n <= 2 {
			return byte(n), nil
		}
	}
	return 0, fmt.Errorf("%s is none of 0, 1 and 2", short(v.Raw))
}

func sitting(v gjson.Result) (uint32, error) {
	n, err := strconv.ParseUint(v.Raw, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is no number of a sitting", short(v.Raw))
	}
	return uint32(n), nil
}

// truth also takes 0 and 1, which mosquitto_sub writes.
func truth(v gjson.Result) (bool, error) {
	switch v.Raw {
	case "true", "1":
		return true, nil
	case "false", "0", "null":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", short(v.Raw))
}

// wall reads a date of RFC 3339 as ns since 1970.
func wall(v gjson.Result) (int64, error) {
	if v.Type == gjson.Null {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, v.String())
	if err != nil || v.Type != gjson.String {
		return 0, fmt.Errorf("%s is no time like 2026-01-10T17:00:00.5Z", short(v.Raw))
	}
	if y := t.Year(); y < 1678 || y > 2261 {
		return 0, fmt.Errorf("%s is too far away", short(v.Raw))
	}
	return t.UnixNano(), nil
}

func parseProperties(v gjson.Result) (*mqtt.Properties, error) {
	if v.Type == gjson.Null {
		return nil, nil
	}
	if !v.IsObject() {
		return nil, errors.New("it is no object")
	}
	p := &mqtt.Properties{}
	var err error
	v.ForEach(func(k, v gjson.Result) bool {
		if err = property(p, k.String(), v); err != nil {
			err = fmt.Errorf("%q: %w", k.String(), err)
		}
		return err == nil
	})
	return p, err
}

// property takes hubtape's names and, where they differ, those of mosquitto_sub.
func property(p *mqtt.Properties, key string, v gjson.Result) (err error) {
	switch key {
	case "payload_format", "payload-format-indicator":
		n, perr := strconv.ParseUint(v.Raw, 10, 8)
		f := byte(n)
		p.PayloadFormat, err = &f, perr
	case "expiry_seconds", "message-expiry-interval":
		n, perr := strconv.ParseUint(v.Raw, 10, 32)
		e := uint32(n)
		p.ExpirySeconds, err = &e, perr
	case "content_type", "content-type":
		p.ContentType, err = text(v)
	case "response_topic", "response-topic":
		p.ResponseTopic, err = text(v)
	case "correlation_data":
		p.CorrelationData, err = base64.StdEncoding.DecodeString(v.String())
	case "correlation-data":
		p.CorrelationData = []byte(v.String())
	case "user":
		v.ForEach(func(_, pair gjson.Result) bool {
			kv := pair.Array()
			if len(kv) != 2 {
				err = errors.New("it is no list of pairs")
				return false
			}
			p.User = append(p.User, mqtt.UserProperty{Key: kv[0].String(), Value: kv[1].String()})
			return true
		})
	case "user-properties":
		v.ForEach(func(k, v gjson.Result) bool {
			p.User = append(p.User, mqtt.UserProperty{Key: k.String(), Value: v.String()})
			return true
		})
	}
	return err
}
