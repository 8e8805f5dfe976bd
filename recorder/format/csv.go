package format

import (
	"encoding/base64"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder"
)

// plainCSV is a table for spreadsheets (RFC 4180), of all kinds of records. A
// payload that is not text is in base64, which payload_enc says. It is not read
// back: a spreadsheet that was saved seldom holds what was loaded.
var plainCSV = Format{
	Name:  "csv",
	About: "a table for spreadsheets",
	NewEncoder: func(w io.Writer, _ recorder.Info) Encoder {
		header := "seconds,time,kind,client,topic,qos,retain,payload,payload_enc,text,until\r\n"
		return newEncoder(w, header, []trait{traitDup, traitProperties, traitSitting, traitNotText}, appendCSVRow)
	},
}

func appendCSVRow(b []byte, r *recorder.Record) ([]byte, error) {
	b = append(appendSeconds(b, r.At), ',')
	if r.Wall != 0 {
		b = r.Time().AppendFormat(b, time.RFC3339Nano)
	}
	for _, s := range []string{r.Kind.String(), r.Client, r.Topic} {
		b = appendField(append(b, ','), s)
	}
	b = append(b, ',', '0'+r.QoS, ',')
	b = append(strconv.AppendBool(b, r.Retain), ',')
	if utf8.Valid(r.Payload) {
		b = append(appendField(b, string(r.Payload)), ',', ',')
	} else {
		b = append(base64.StdEncoding.AppendEncode(b, r.Payload), ",base64,"...)
	}
	b = append(appendField(b, r.Text), ',')
	if r.Until != 0 {
		b = appendSeconds(b, r.Until)
	}
	return append(b, "\r\n"...), nil
}
