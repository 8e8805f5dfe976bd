package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// githubReport writes workflow commands, which GitHub shows as annotations at
// the lines of the scenario files.
type githubReport struct{ out io.Writer }

func (r githubReport) outcome(*outcome) error { return nil }

func (r githubReport) group(g *group) error {
	for _, w := range g.warnings {
		if err := r.warning(g.item, w); err != nil {
			return err
		}
	}
	for _, o := range g.bad {
		for i := range o.failures {
			f := &o.failures[i]
			if f.kind == kindWarning {
				continue // it has its own annotation
			}
			message := strings.Join(append([]string{f.message}, f.details...), "\n")
			if g.runs > 1 {
				message = fmt.Sprintf("seed %d: %s", o.seed, message)
			}
			if err := r.annotate("error", f.file, fmt.Sprint(f.place()), g.item.name(), message); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r githubReport) end(*summary) error { return nil }

// placed is a warning that begins with its place in the file.
var placed = regexp.MustCompile(`^:(\d+)(?::\d+)?: `)

func (r githubReport) warning(i *item, text string) error {
	line := "1"
	if rest, ok := strings.CutPrefix(text, i.file); ok {
		if m := placed.FindStringSubmatch(rest); m != nil {
			line, text = m[1], rest[len(m[0]):]
		}
	}
	return r.annotate("warning", i.file, line, i.name(), text)
}

// Escapes of workflow commands: of their text, and of their properties, where
// ':' and ',' mean something too.
var (
	escapeText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (r githubReport) annotate(kind, file, line, title, message string) error {
	_, err := fmt.Fprintf(r.out, "::%s file=%s,line=%s,title=%s::%s\n", kind,
		escapeProperty.Replace(file), line, escapeProperty.Replace(title), escapeText.Replace(message))
	return err
}
