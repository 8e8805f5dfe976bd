package settings

import (
	"errors"
	"fmt"
	"os"
)

// Environ is the environment of this process, for Sources.
func Environ() []string { return os.Environ() }

// ReadEnvFile reads a file of variables for Sources. One that does not exist is
// empty.
func ReadEnvFile(path string) (EnvFile, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return EnvFile{}, fmt.Errorf("read settings: %w", err)
	}
	return EnvFile{Name: path, Text: string(text)}, nil
}

// FileExists reports whether there is a file, for MissingTLSFiles.
func FileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
