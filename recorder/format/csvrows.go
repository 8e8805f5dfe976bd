package format

import (
	"errors"
	"io"
	"strings"
)

// Why a row of CSV cannot be understood.
var (
	errQuoteOpen  = errors.New("a quoted field does not end")
	errQuoteAfter = errors.New("there is something between a closing quote and the next comma")
)

// csvRows reads CSV (RFC 4180) row by row and keeps every byte of a field;
// encoding/csv makes LF of a CR LF in quotes. Quotes within a field that does not
// begin with one stand for themselves, as in Python.
type csvRows struct {
	*lines
	line int // where the row began
	raw  []byte
	out  []byte // the row's fields, one after the other
	ends []int  // where they end in out
}

func (c *csvRows) began() int { return c.line }

type csvState uint8

const (
	csvStart  csvState = iota // of a field
	csvPlain                  // in a field without quotes
	csvQuoted                 // in quotes
	csvClosed                 // behind a quote in quotes
)

// row returns the fields of the next row that is not blank.
func (c *csvRows) row() ([]string, error) {
	c.raw, c.out, c.ends = c.raw[:0], c.out[:0], c.ends[:0]
	state := csvStart
	for {
		line, err := c.lines.raw()
		if len(c.raw) == 0 {
			c.line = c.at
		}
		if errors.Is(err, io.EOF) && len(c.raw) > 0 {
			return nil, c.giveUp(errQuoteOpen)
		}
		if err != nil {
			return nil, err
		}
		if len(c.raw) == 0 && blank(line) {
			continue
		}
		if c.raw = append(c.raw, line...); len(c.raw) > lineMax {
			return nil, c.giveUp(errLineLong)
		}
		if state, err = c.scan(line, state); err != nil {
			return nil, c.giveUp(err)
		}
		if state != csvQuoted {
			return c.fields(), nil
		}
	}
}

// giveUp goes on at the line after the one where the row began.
func (c *csvRows) giveUp(why error) error {
	c.again(c.raw, c.line)
	return c.bad(c.line, why)
}

func (c *csvRows) scan(line []byte, state csvState) (csvState, error) {
	for i, b := range line {
		switch {
		case state == csvQuoted:
			if b == '"' {
				state = csvClosed
				continue
			}
			c.out = append(c.out, b)
		case state == csvClosed && b == '"':
			c.out = append(c.out, b)
			state = csvQuoted
		case b == '\n' || (b == '\r' && i == len(line)-2 && line[i+1] == '\n'):
			return c.end(), nil
		case b == ',':
			state = c.end()
		case state == csvClosed:
			return state, errQuoteAfter
		case state == csvStart && b == '"':
			state = csvQuoted
		default:
			c.out = append(c.out, b)
			state = csvPlain
		}
	}
	if state != csvQuoted { // the file ends without a line end
		c.end()
	}
	return state, nil
}

func (c *csvRows) end() csvState {
	c.ends = append(c.ends, len(c.out))
	return csvStart
}

func (c *csvRows) fields() []string {
	all, from := string(c.out), 0
	fields := make([]string, len(c.ends))
	for i, end := range c.ends {
		fields[i], from = all[from:end], end
	}
	return fields
}

// csvColumns says where columns stand, by name.
type csvColumns map[string]int

func columnsOf(header []string) csvColumns {
	c := csvColumns{}
	for i, name := range header {
		c[name] = i
	}
	return c
}

// of returns a field of a row; "" where there is no such column.
func (c csvColumns) of(row []string, name string) string {
	if i, ok := c[name]; ok && i < len(row) {
		return row[i]
	}
	return ""
}

// appendField writes a field, in quotes where it needs them.
func appendField(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	for part := range strings.SplitAfterSeq(s, `"`) {
		b = append(b, part...)
		if strings.HasSuffix(part, `"`) {
			b = append(b, '"')
		}
	}
	return append(b, '"')
}

// headRows returns the rows that a file begins with, at most so many.
func headRows(head []byte, most int) [][]string {
	rows := csvRows{lines: linesOf(head)}
	var out [][]string
	for len(out) < most {
		row, err := rows.row()
		if err != nil {
			break
		}
		out = append(out, row)
	}
	return out
}
