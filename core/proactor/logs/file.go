package logs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// FileOptions of a log in files.
type FileOptions struct {
	// Path is the newest file; older ones have .1, .2 … behind it. Its folder is
	// made.
	Path string
	// BytesMax is how large a file gets. Zero: 2 MiB. A line is never split: a
	// longer one has a file of its own.
	BytesMax int64
	// CountMax is how many files there are at most, the newest included. Zero: 10.
	CountMax int
}

const (
	bytesMaxDefault = 2 << 20
	countMaxDefault = 10
)

// File is a log file that rolls over. Writes may come from any goroutine; each
// is one line.
type File struct {
	o      FileOptions
	mu     sync.Mutex
	file   *os.File // nil: it could not be opened again, or is closed
	size   int64
	closed bool
}

// ErrFileClosed is returned by Write after Close.
var ErrFileClosed = errors.New("the log file is closed")

// OpenFile appends to the newest file, or makes it.
func OpenFile(o FileOptions) (*File, error) {
	if o.BytesMax == 0 {
		o.BytesMax = bytesMaxDefault
	}
	if o.CountMax == 0 {
		o.CountMax = countMaxDefault
	}
	if o.BytesMax < 0 || o.CountMax < 0 {
		return nil, fmt.Errorf("log file %s: %d files of %d bytes: neither can be below zero", o.Path, o.CountMax, o.BytesMax)
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o755); err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	f := &File{o: o}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	file, err := os.OpenFile(f.o.Path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("log file: %w", err), file.Close())
	}
	f.file, f.size = file, info.Size()
	return nil
}

// Write adds a line, in a new file where the newest has no room for it. When
// rolling over fails the line still goes to the newest file, and the error says
// what failed; the next Write tries again.
func (f *File) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, ErrFileClosed
	}
	fault := f.makeRoom(int64(len(line)))
	if f.file == nil {
		return 0, fault
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return n, errors.Join(fault, err)
}

func (f *File) makeRoom(bytes int64) error {
	switch {
	case f.file == nil:
		return f.open()
	case f.size > 0 && f.size+bytes > f.o.BytesMax:
		return f.roll()
	}
	return nil
}

// roll makes each file one older, and opens a new one. The newest is closed
// meanwhile: not every system renames open files.
func (f *File) roll() error {
	fault := f.file.Close()
	f.file = nil
	for age := f.o.CountMax - 1; age >= 0 && fault == nil; age-- {
		if err := f.makeOlder(age); err != nil && !errors.Is(err, os.ErrNotExist) {
			fault = fmt.Errorf("log file: %w", err)
		}
	}
	return errors.Join(fault, f.open())
}

func (f *File) makeOlder(age int) error {
	if age == f.o.CountMax-1 {
		return os.Remove(f.name(age))
	}
	return os.Rename(f.name(age), f.name(age+1))
}

func (f *File) name(age int) string {
	if age == 0 {
		return f.o.Path
	}
	return f.o.Path + "." + strconv.Itoa(age)
}

// Close closes the newest file. It is idempotent.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
