package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/spf13/cobra"
)

func (a *app) showCommand() *cobra.Command {
	var sel command.Selection
	var asJSON, follow bool
	var html string
	cmd := &cobra.Command{
		Use:   "show TAPE...",
		Short: "Print the records of a tape",
		Long: `show prints one record a line: the offset in seconds, the kind, the QoS with an r
for retained, the topic and the payload, quoted where it is not plain text. The
text is stable, so two of them can be compared. --json prints JSON lines, as
export does. --html writes a page with a timeline of the tape instead: one file, for
any browser.

--follow goes on with what is recorded meanwhile, until the recording ends. It
reads beside the recorder, which every other command has to wait for.`,
		Example: `  record show evening.hubtape --topic 'zigbee2mqtt/+/set'
  record show evening.hubtape --from 1h --until 1h10m --json
  record show evening.hubtape --html evening.html
  record show evening.hubtape --follow --topic 'zigbee2mqtt/hall/#'`,
		Args: tapes(1, 1<<20, "one tape or more"),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := sel.Query()
			if err != nil {
				return err
			}
			if html != "" && (asJSON || follow) {
				return usagef("--html writes a page, which --json and --follow cannot be")
			}
			if html != "" {
				return a.showHTML(html, args, q)
			}
			print := appendShown
			if asJSON {
				print = format.AppendJSONLine
			}
			if !follow {
				return a.each(args, func(path string) error { return show(a.Out, path, q, print) })
			}
			if len(args) > 1 {
				return usagef("--follow follows one tape, and got %d", len(args))
			}
			return followTape(cmd.Context(), a.Out, args[0], q, print)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")
	cmd.Flags().StringVar(&html, "html", "", "write a page with a timeline to this `file`, over what is there; - is standard output")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is recorded meanwhile")
	sel.Register(cmd)
	return cmd
}

// followTape prints what there is and what comes, until the recording ends.
func followTape(ctx context.Context, out io.Writer, path string, q recorder.Query, print func([]byte, *recorder.Record) []byte) error {
	f := recorder.Follow(path, q)
	var b []byte
	for f.Next(ctx) {
		b = print(b[:0], f.Record())
		if _, err := out.Write(b); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Err(), f.Close())
}

// each does the same with every tape, tells the errors as they come, and keeps
// the one that counts most.
func (a *app) each(paths []string, do func(path string) error) error {
	var errs []error
	for _, path := range paths {
		err := do(path)
		if err != nil && len(paths) == 1 {
			return err
		}
		if err != nil && !command.IsSilent(err) {
			fmt.Fprintf(a.Err, "record: %s\n", oneSentence(err))
		}
		errs = append(errs, err)
	}
	return worst(errs)
}

func show(out io.Writer, path string, q recorder.Query, print func([]byte, *recorder.Record) []byte) error {
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	w := bufio.NewWriterSize(out, 64<<10)
	var b []byte
	c := t.Cursor(q)
	for c.Next() {
		b = print(b[:0], c.Record())
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return c.Err()
}

// appendShown appends a record as a line for people.
func appendShown(b []byte, r *recorder.Record) []byte {
	b = fmt.Appendf(b, "%6d.%09d  %-8s", r.At/1e9, r.At%1e9, r.Kind)
	if r.Topic != "" {
		retained := " "
		if r.Retain {
			retained = "r"
		}
		b = fmt.Appendf(b, "  %d%s  %s", r.QoS, retained, plain(r.Topic))
	}
	if r.Client != "" {
		b = fmt.Appendf(b, "  from %s", plain(r.Client))
	}
	if r.Kind.IsMessage() {
		b = append(append(b, "  "...), plain(r.Payload)...)
	}
	switch {
	case r.Kind == recorder.KindGap && r.Until < r.At:
		b = append(b, "  since "+seconds(r.Until)...)
	case r.Kind == recorder.KindGap:
		b = append(b, "  until "+seconds(r.Until)...)
	case r.Until != 0:
		b = fmt.Appendf(b, "  by %v", r.Until)
	}
	if r.Text != "" {
		b = append(append(b, "  "...), plain(r.Text)...)
	}
	return append(b, '\n')
}

// seconds writes an offset down. A gap may reach back to before its part began.
func seconds(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%d.%09d", sign, d/1e9, d%1e9)
}

// plain is a text as it is when it can be printed on one line, else quoted.
func plain[T string | []byte](text T) string {
	s := string(text)
	if s == "" {
		return `""`
	}
	if !utf8.ValidString(s) || s[0] == '"' {
		return strconv.Quote(s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}
