package command

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is a file that is written whole or not at all: what was there before
// stays until Close. "-" is standard output; a pipe or a device is written to as
// it is.
type File struct {
	*bufio.Writer
	file   *os.File // nil for standard output
	target string   // where the file goes at the end; "": it stands there already
}

// CreateFile begins a file. Nothing but record writes tapes and nobody but their
// author writes scenarios: a path that is one is an error of usage.
func CreateFile(path string, stdout io.Writer) (*File, error) {
	if path == "-" {
		return &File{Writer: bufio.NewWriter(stdout)}, nil
	}
	if isPrecious(path) {
		return nil, Usagef("%s is a tape or a scenario, which no report or export overwrites; choose another name", path)
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{Writer: bufio.NewWriter(f), file: f}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return nil, &fs.PathError{Op: "write", Path: path, Err: pe.Err}
	}
	if err != nil {
		return nil, err
	}
	_ = f.Chmod(0o644) // not on every file system
	return &File{Writer: bufio.NewWriter(f), file: f, target: path}, nil
}

// tapeMagic is where and how every bbolt file, and so every tape, begins.
const (
	tapeMagic   = "\xed\xda\x0c\xed"
	tapeMagicAt = 16
)

// isPrecious reports whether a path names, or is, a tape or a scenario.
func isPrecious(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".hubtape", ".yaml", ".yml":
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(tapeMagic))
	_, err = f.ReadAt(head, tapeMagicAt)
	return err == nil && string(head) == tapeMagic
}

// Close ends the file and puts it in its place; after an error nothing is left
// of it.
func (f *File) Close() error {
	err := f.Flush()
	if f.file == nil {
		return err
	}
	err = errors.Join(err, f.file.Close())
	if f.target == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.target)
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
	}
	return err
}

// Discard drops what was written.
func (f *File) Discard() {
	if f.file == nil {
		return
	}
	_ = f.file.Close()
	if f.target != "" {
		_ = os.Remove(f.file.Name())
	}
}

// WriteFile writes a whole file, as a File does.
func WriteFile(path string, stdout io.Writer, write func(io.Writer) error) error {
	f, err := CreateFile(path, stdout)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Discard()
		return err
	}
	return f.Close()
}
