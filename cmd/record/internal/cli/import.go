package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/spf13/cobra"
)

type importFlags struct {
	out, format string
	lenient     bool
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

Messages keep the order of the files. A line whose time steps back is held at
the latest time seen, and counted. A line that cannot be understood is an error
that names it; with --lenient it is skipped and counted.`,
		Example: `  record import session.jsonl -o session.hubtape
  mosquitto_sub -h hub -t '#' -F %j | record import - -o evening.hubtape`,
		Args: tapes(1, 1<<20, "files to import"),
		RunE: func(_ *cobra.Command, args []string) error { return a.importFiles(args, f) },
	}
	s := cmd.Flags()
	s.StringVarP(&f.out, "output", "o", "", "`tape` to make; it must not exist")
	s.StringVar(&f.format, "format", "auto", "auto, "+strings.Join(read, " or "))
	s.BoolVar(&f.lenient, "lenient", false, "skip and count what cannot be understood")
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
		in, label = file, name
	}
	r := bufio.NewReaderSize(in, format.HeadBytes)
	f, err := im.pick(r, label)
	if err != nil {
		return err
	}
	d := f.NewDecoder(r, format.Options{File: label, Lenient: im.flags.lenient})
	im.held = 0
	if err := im.copy(d); err != nil {
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
	if err != nil {
		return f, fmt.Errorf("%s: %w; say which one it is with --format", label, err)
	}
	return f, nil
}

// copy puts all records of a file on the tape. A file with wall times is placed
// by them; another begins at its own offsets.
func (im *importer) copy(d format.Decoder) error {
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
	}
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
	fmt.Fprintf(im.Out, "%s: %s records", label, thousands(uint64(s.Records)))
	if held := s.Held + im.held; held > 0 {
		fmt.Fprintf(im.Out, "; %s stepped back in time and were held at the latest time seen", thousands(uint64(held)))
	}
	if s.Cut > 0 {
		fmt.Fprintf(im.Out, "; %s payloads had been cut short where they were written", thousands(uint64(s.Cut)))
	}
	if s.Skipped > 0 {
		fmt.Fprintf(im.Out, "; %s lines were skipped, the first was %v", thousands(uint64(s.Skipped)), s.FirstSkipped)
	}
	fmt.Fprintln(im.Out)
}
