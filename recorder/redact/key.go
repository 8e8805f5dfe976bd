package redact

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// KeyBytes is the length of the keys that LoadKey makes.
const KeyBytes = 32

// LoadKey reads the key of stand-ins from a file: 64 hexadecimal digits. If
// there is no such file it is made, with a key that was drawn, readable by its
// owner only; folders are made as needed. Of programs that make it at the same
// time all get the same key. A file that holds something else is an error that
// wraps [ErrKey]; it is never overwritten, as the stand-ins of tapes hang on it.
func LoadKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: no redaction key can be made here: %w", path, err)
	}
	return readKey(path) // another program's, if that was quicker
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the redaction key cannot be read: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4*KeyBytes))
	if err != nil {
		return nil, fmt.Errorf("the redaction key cannot be read: %w", err)
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != KeyBytes {
		return nil, fmt.Errorf("%s: %w: it must hold %d hexadecimal digits; name another file to have one made", path, ErrKey, 2*KeyBytes)
	}
	return key, nil
}

// link is os.Link; tests make it fail.
var link = os.Link

// makeKey writes the file whole, or not at all; it fails if there is one.
func makeKey(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".key-*") // for its owner only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	key := make([]byte, KeyBytes)
	_, _ = rand.Read(key) // never fails
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	err = link(f.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without links: another program that starts at the same
	// moment may read the file half written, which is an error it tells.
	direct, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = direct.WriteString(hex.EncodeToString(key) + "\n")
	return errors.Join(err, direct.Sync(), direct.Close())
}

// KeyIsExposed reports whether others than the owner of a key's file may read
// it, which whoever loads it may want to warn of. Where files have no such
// permissions it is false.
func KeyIsExposed(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0, nil
}
