package command

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are what a program talks to.
type Streams struct {
	In       io.Reader
	Out      io.Writer
	Err      io.Writer
	Terminal bool // Err is a terminal: progress may be drawn on it
}

// System returns the streams of this process.
func System() Streams {
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: IsTerminal(os.Stderr)}
}

// IsTerminal reports whether what is written there is read by a person.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
