package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/spf13/cobra"
)

type importFlags struct {
	out, format string
	options     format.Options
	every       command.Duration
	ports       []uint
	zone        string
	labels      []string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	read, _ := format.Names()
	cmd := &cobra.Command{
		Use:   "import FILE... -o TAPE",
		Short: "Make a tape of recordings in other formats",
		Long: `import makes a tape of recordings in other formats, one after the other; "-" is
standard input. Nothing is redacted.

Formats: ` + aboutFormats() + `.

The format is recognised by what is in the file. What a file does not say, such
as times, is told once.

Messages keep the order of the files. A line whose time steps back is held at
the latest time seen, and counted. A line that cannot be understood is an error
that names it; with --lenient it is skipped and counted.`,
		Example: `  record import session.jsonl -o session.hubtape
  mosquitto_sub -h hub -t '#' -F %j | record import - -o evening.hubtape
  record import log.txt --format mosquitto --template '%I %t %q %p' -o log.hubtape
  record import capture.pcapng --dedupe -o capture.hubtape`,
		Args: tapes(1, 1<<20, "files to import"),
		RunE: func(_ *cobra.Command, args []string) error { return a.importFiles(args, f) },
	}
	s := cmd.Flags()
	s.StringVarP(&f.out, "output", "o", "", "`tape` to make; it must not exist")
	s.StringVar(&f.format, "format", "auto", "auto, "+strings.Join(read, " or "))
	s.BoolVar(&f.options.Lenient, "lenient", false, "skip and count what cannot be understood")
	s.StringVar(&f.options.Template, "template", "", "how mosquitto_sub -F wrote the lines, like '%I %t %p'")
	s.BoolVar(&f.options.Base64, "base64", false, "mqtt-recorder: the payloads were written with --encode_b64")
	s.Var(&f.every, "every", "ha-dump: the time from one message to the next, as the file has none")
	s.StringVar(&f.zone, "zone", "", "where times without a zone were written down, like `Europe/Budapest` (default UTC)")
	s.BoolVar(&f.options.Dedupe, "dedupe", false, "pcap: keep one copy of a message that was seen on its way to the broker and to each subscriber")
	s.UintSliceVar(&f.ports, "port", nil, "pcap: the TCP `port` of the broker; may be given again (default: wherever MQTT is found)")
	s.StringArrayVar(&f.labels, "label", nil, "put a label `key=value` on the tape; may be given again")
	return cmd
}

func aboutFormats() string {
	var out []string
	for _, f := range format.All() {
		out = append(out, f.Name+" ("+f.About+")")
	}
	return strings.Join(out, ", ")
}

func (a *app) importFiles(files []string, f importFlags) error {
	if f.out == "" {
		return usagef("import needs -o TAPE, the tape to make")
	}
	labels, err := parseLabels(f.labels)
	if err != nil {
		return err
	}
	if err := f.complete(); err != nil {
		return err
	}
	im := importer{app: a, flags: f, labels: labels}
	err = im.all(files)
	if im.w != nil {
		if cerr := im.w.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(f.out)
			_ = os.Remove(f.out + recorder.LogSuffix)
		}
	}
	return err
}

// complete reads the flags that are not yet options.
func (f *importFlags) complete() (err error) {
	f.options.Every = time.Duration(f.every)
	for _, p := range f.ports {
		if p == 0 || p > 65535 {
			return usagef("--port %d is no TCP port", p)
		}
		f.options.Ports = append(f.options.Ports, uint16(p))
	}
	if f.zone != "" {
		if f.options.Zone, err = clock.LoadZone(f.zone); err != nil {
			return usagef("--zone: %s", err)
		}
	}
	if f.options.Template != "" {
		if err := format.CheckTemplate(f.options.Template); err != nil {
			return usagef("--template: %s", err)
		}
		if f.format == "auto" {
			f.format = "mosquitto"
		}
	}
	return nil
}

// importer puts files on one tape.
type importer struct {
	*app
	flags  importFlags
	labels []recorder.Label
	w      *recorder.Writer
	start  int64         // wall time of offset 0; 0: not known
	last   time.Duration // the latest offset written
	held   int           // records that a file after the first had in the past
}

func (im *importer) all(files []string) error {
	for _, name := range files {
		if err := im.file(name); err != nil {
			return err
		}
	}
	if im.w == nil { // nothing but empty files
		return im.create(recorder.Options{Labels: im.labels, Program: version()})
	}
	return nil
}

func (im *importer) create(o recorder.Options) (err error) {
	im.w, err = recorder.Create(im.flags.out, o)
	return err
}

func (im *importer) file(name string) error {
	in, label := im.In, "standard input"
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		if st, err := file.Stat(); err == nil && st.IsDir() {
			return usagef("%s is a folder; name the files in it", name)
		}
		in, label = file, name
	}
	counted := &countedReader{Reader: in, total: fileSize(in)}
	r := bufio.NewReaderSize(counted, format.HeadBytes)
	f, err := im.pick(r, label)
	if err != nil {
		return err
	}
	o := im.flags.options
	o.File = label
	d := f.NewDecoder(r, o)
	im.held = 0
	b := im.newBar("importing")
	err = im.copy(d, func() { b.at(counted.read, counted.total) })
	b.end()
	if err != nil {
		return err
	}
	im.tell(label, d.Stats())
	return nil
}

func (im *importer) pick(r *bufio.Reader, label string) (format.Format, error) {
	if im.flags.format != "auto" {
		f, err := format.Lookup(im.flags.format)
		if err == nil && f.NewDecoder == nil {
			err = fmt.Errorf("%w: %s can only be exported", format.ErrDirection, f.Name)
		}
		return f, err
	}
	head, err := r.Peek(format.HeadBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return format.Format{}, fmt.Errorf("%s: %w", label, err)
	}
	if len(head) == 0 {
		return format.Lookup("jsonl") // nothing at all is an empty recording
	}
	f, err := format.Detect(head)
	if err != nil && bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return f, usagef("%s is compressed; unpack it first, as in: gunzip -c %s | record import - -o TAPE", label, label)
	}
	if err != nil {
		return f, fmt.Errorf("%s: %w; say which one it is with --format", label, err)
	}
	return f, nil
}

// copy puts all records of a file on the tape. A file with wall times is placed
// by them; another begins at its own offsets.
func (im *importer) copy(d format.Decoder, tell func()) error {
	var shift time.Duration
	placed := false
	var session uint32
	for {
		var r recorder.Record
		err := d.Next(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if im.w == nil {
			if err := im.begin(&r); err != nil {
				return err
			}
			placed = true
		}
		if !placed && r.Wall != 0 && im.start != 0 {
			shift = time.Duration(r.Wall-im.start) - r.At
		}
		placed = true
		if r.At += shift; r.At < im.last {
			im.held++
			r.At = im.last
		}
		im.last = r.At
		session = max(session, r.Session)
		r.Session = session
		if err := im.w.Append(r); err != nil {
			return err
		}
		tell()
	}
}

// countedReader knows how far a file has been read.
type countedReader struct {
	io.Reader
	read, total uint64
}

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read += uint64(n)
	return n, err
}

// fileSize is 0 where it is not known.
func fileSize(r io.Reader) uint64 {
	if f, ok := r.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			return uint64(st.Size())
		}
	}
	return 0
}

// begin makes the tape; its first record says when it started.
func (im *importer) begin(r *recorder.Record) error {
	o := recorder.Options{Labels: im.labels, Program: version()}
	if r.Wall != 0 {
		im.start = r.Wall - int64(r.At)
		o.Start = time.Unix(0, im.start)
	}
	return im.create(o)
}

func (im *importer) tell(label string, s format.Stats) {
	text := label + ": " + command.Count(s.Records, "record")
	add := func(n int, format string) {
		if n > 0 {
			text += fmt.Sprintf("; "+format, thousands(uint64(n)))
		}
	}
	add(s.Held+im.held, "%s stepped back in time and were held at the latest time seen")
	add(s.Cut, "%s payloads had been cut short where they were written")
	add(s.Guessed, "%s topics were taken to have spaces in them")
	for _, r := range s.Remarks {
		text += "; " + r
	}
	if len(s.Missing) > 0 {
		text += "; the file does not have " + strings.Join(s.Missing, ", ")
	}
	if s.Skipped > 0 {
		add(s.Skipped, "%s skipped")
		text += fmt.Sprintf(", the first was %v", s.FirstSkipped)
	}
	fmt.Fprintln(im.Out, text)
}
