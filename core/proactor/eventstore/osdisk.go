package eventstore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// writersMax is how many files of a batch are synced at a time: a journalling
// file system makes those that wait durable together.
const writersMax = 16

// osDisk is the machine's file system.
type osDisk struct{}

func (osDisk) Write(writes []write) []error {
	errs := make([]error, len(writes))
	workers := min(writersMax, len(writes))
	var all sync.WaitGroup
	for w := 1; w < workers; w++ {
		all.Go(func() { writeEvery(writes, errs, w, workers) })
	}
	writeEvery(writes, errs, 0, max(workers, 1))
	all.Wait()
	return errs
}

func writeEvery(writes []write, errs []error, from, step int) {
	for i := from; i < len(writes); i += step {
		errs[i] = writeSynced(writes[i])
	}
}

func writeSynced(w write) error {
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(w.content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(w.path)
	}
	return err
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) Remove(path string) error { return os.Remove(path) }

func (d osDisk) MakeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	above := filepath.Dir(path)
	if errors.Is(err, fs.ErrNotExist) && above != path {
		if err = d.MakeDir(above); err == nil {
			err = os.Mkdir(path, 0o700)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.SyncDir(above)
}

// SyncDir does nothing on Windows, which has no such thing: NTFS keeps a
// journal of names.
func (osDisk) SyncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (osDisk) Read(path string, bytesMax int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content := make([]byte, bytesMax)
	n, err := io.ReadFull(f, content)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return content[:n], errors.Join(err, f.Close())
}

func (osDisk) List(path string, each func(listed)) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		each(look(e))
	}
	return nil
}

func look(e fs.DirEntry) listed {
	l := listed{name: e.Name()}
	switch {
	case e.IsDir():
		l.kind = dirKind
	case e.Type().IsRegular():
		l.kind = fileKind
		var info fs.FileInfo
		if info, l.err = e.Info(); l.err == nil {
			l.size = info.Size()
		}
	}
	return l
}
