package doctest

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/scenarios/cli"
)

// program runs one of ours with these arguments.
type program func(args ...string) (out string, code int)

// programs are ours by name.
func programs() map[string]program {
	return map[string]program{
		"record": func(args ...string) (string, int) {
			cmd := exec.Command(recordProgram, args...)
			out, _ := cmd.CombinedOutput()
			return string(out), cmd.ProcessState.ExitCode()
		},
		"simrun": func(args ...string) (string, int) {
			var out bytes.Buffer
			o := simrunOptions()
			o.Stdin, o.Stdout, o.Stderr = &bytes.Buffer{}, &out, &out
			code := cli.Run(context.Background(), args, o)
			return out.String(), code
		},
	}
}

// TestFlags: what the documents show and nobody can run here (there is no hub,
// no CI) is at least what our programs understand, and every flag that the text
// names is there.
func TestFlags(t *testing.T) {
	root := repoRoot(t)
	ours := programs()
	known := knownFlags(ours)
	shown := 0
	for _, file := range documentPaths(t, root) {
		d, err := readDocument(root, file)
		if err != nil {
			t.Error(err)
			continue
		}
		shown += len(d.shown())
		for _, complaint := range d.misunderstood(ours, known) {
			t.Error(complaint)
		}
	}
	if shown < 20 {
		t.Errorf("only %d commands were found", shown)
	}
}

// misunderstood are the command lines and flags of a document that our programs
// do not know.
func (d *document) misunderstood(ours map[string]program, known map[string]bool) (complaints []string) {
	add := func(line int, text, why string) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: %s: %s", d.path, line, text, why))
	}
	for _, c := range d.shown() {
		if why := understood(ours, c.words); why != "" {
			add(c.line, strings.Join(c.words, " "), why)
		}
	}
	for i, line := range d.prose() {
		for _, found := range flagSpan.FindAllStringSubmatch(line, -1) {
			if !known[found[1]] {
				add(i+1, found[1], "no command has this flag")
			}
		}
	}
	return complaints
}

// flagSpan is a flag in the text, like `--strict` or `--rotate-every 1d`.
var flagSpan = regexp.MustCompile("`(--[a-z][a-z0-9-]*)[^`]*`")

var (
	helpFlag    = regexp.MustCompile(`(--[a-z][a-z0-9-]*)`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+) {2,}[A-Z]`)
)

// knownFlags are those of all commands of our programs.
func knownFlags(ours map[string]program) map[string]bool {
	known := map[string]bool{}
	for _, run := range ours {
		help, _ := run("--help")
		pages := []string{help}
		for _, c := range helpCommand.FindAllStringSubmatch(help, -1) {
			page, _ := run(c[1], "--help")
			pages = append(pages, page)
		}
		for _, page := range pages {
			for _, f := range helpFlag.FindAllString(page, -1) {
				known[f] = true
			}
		}
	}
	return known
}

// understood asks a program for help with the flags of a command line, which it
// gives when it knows them all, and says what is wrong.
func understood(ours map[string]program, words []string) string {
	run, args := ours[words[0]], words[1:]
	if first := args[0]; regexp.MustCompile(`^[a-z]+$`).MatchString(first) {
		help, _ := run("--help")
		if !strings.Contains(help, "\n  "+first+" ") {
			return words[0] + " has no command " + first
		}
	}
	if out, code := run(append(append([]string(nil), args...), "--help")...); code != 0 {
		return strings.TrimSpace(out)
	}
	return ""
}

// shownCommand is a command line of ours that is not run.
type shownCommand struct {
	line  int
	words []string
}

var (
	ourProgram = regexp.MustCompile(`(?:^|[\s/=&|;(])(record|simrun)\s`)
	ourSpan    = regexp.MustCompile("`((?:record|simrun) [^`]+)`")
)

// shown are the command lines of a document that are not run: those of blocks
// that are neither console nor a file, and those in the text.
func (d *document) shown() (list []shownCommand) {
	for _, b := range d.blocks {
		if b.hidden || b.kind == "console" || b.kind == "go" || b.file != "" {
			continue
		}
		for i := 0; i < len(b.body); i++ {
			text := b.body[i]
			for strings.HasSuffix(text, `\`) && i+1 < len(b.body) {
				i++
				text = strings.TrimSuffix(text, `\`) + " " + b.body[i]
			}
			list = append(list, commandsIn(text, b.line+i+1)...)
		}
	}
	for i, line := range d.prose() {
		for _, found := range ourSpan.FindAllStringSubmatch(line, -1) {
			list = append(list, commandsIn(found[1], i+1)...)
		}
	}
	return list
}

func commandsIn(text string, line int) (list []shownCommand) {
	for _, at := range ourProgram.FindAllStringSubmatchIndex(text, -1) {
		if hash := strings.Index(text, "# "); hash >= 0 && hash < at[0] {
			break
		}
		if words := append([]string{text[at[2]:at[3]]}, arguments(text[at[3]:])...); len(words) > 1 {
			list = append(list, shownCommand{line, words})
		}
	}
	return list
}

// arguments cuts the rest of a command line into words, as a shell would, up to
// where the command ends.
func arguments(text string) (words []string) {
	var word strings.Builder
	quote, inWord := rune(0), false
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune("|;&<>)", r), quote == 0 && r == '#' && !inWord:
			end()
			return words
		case quote == 0 && (r == ' ' || r == '\t'):
			end()
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	end()
	return words
}
