package format

import (
	"encoding/base64"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

func newJSONLEncoder(w io.Writer, _ recorder.Info) Encoder {
	return newEncoder(w, "", []trait{traitNotText}, func(b []byte, r *recorder.Record) ([]byte, error) {
		return AppendJSONLine(b, r), nil
	})
}

// AppendJSONLine appends a record as one JSON line, with its line end. Reading
// the line gives the same record.
func AppendJSONLine(b []byte, r *recorder.Record) []byte {
	b = append(b, `{"t":`...)
	b = appendSeconds(b, r.At)
	b = append(b, `,"topic":`...)
	b = appendString(b, r.Topic)
	b = append(b, `,"payload":`...)
	if utf8.Valid(r.Payload) {
		b = appendString(b, r.Payload)
	} else {
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, r.Payload)
		b = append(b, `","payload_enc":"base64"`...)
	}
	b = append(b, `,"qos":`...)
	b = append(b, '0'+r.QoS)
	b = append(b, `,"retain":`...)
	b = strconv.AppendBool(b, r.Retain)
	if r.Dup {
		b = append(b, `,"dup":true`...)
	}
	if r.Client != "" {
		b = append(b, `,"client":`...)
		b = appendString(b, r.Client)
	}
	if r.Kind != recorder.KindMessage {
		b = append(b, `,"kind":`...)
		b = appendString(b, r.Kind.String())
	}
	if r.Wall != 0 {
		b = append(b, `,"time":"`...)
		b = r.Time().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	return append(appendRare(b, r), "}\n"...)
}

func appendRare(b []byte, r *recorder.Record) []byte {
	if r.Properties != nil {
		b = append(b, `,"properties":`...)
		b = appendProperties(b, r.Properties, &ourNames)
	}
	if r.Text != "" {
		b = append(b, `,"text":`...)
		b = appendString(b, r.Text)
	}
	if r.Until != 0 {
		b = append(b, `,"until":`...)
		b = appendSeconds(b, r.Until)
	}
	if r.Session != 0 {
		b = append(b, `,"session":`...)
		b = strconv.AppendUint(b, uint64(r.Session), 10)
	}
	return b
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(b, s[from:i]...)
			b = append(b, "\uFFFD"...)
			i++
			from = i
			continue
		}
		b = append(b, s[from:i]...)
		b = appendEscape(b, c)
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
