package command_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

func TestCode(t *testing.T) {
	own := errors.New("own")
	for want, errs := range map[int][]error{
		command.OK:      {nil, command.Exit(command.OK)},
		command.Failed:  {command.Exit(command.Failed)},
		command.Usage:   {command.Usagef("x"), recorder.ErrNotTape, &recorder.DamageError{}, fmt.Errorf("y: %w", own), fs.ErrNotExist},
		command.Outside: {recorder.ErrLocked, errors.New("no space"), fs.ErrPermission, fmt.Errorf("%w", command.Exit(command.Outside))},
	} {
		for _, err := range errs {
			require.Equal(t, want, command.Code(err, own), "%v", err)
		}
	}
	require.True(t, command.IsSilent(command.Exit(2)))
	require.False(t, command.IsSilent(command.Usagef("x")))
}

func TestOneSentence(t *testing.T) {
	require.Equal(t, "a; b", command.OneSentence(errors.New("a\r\nb\n")))
	_, err := os.Open("nowhere.txt")
	require.Equal(t, "open nowhere.txt: there is no such file or folder", command.OneSentence(err))
}

func TestFilesAreWrittenWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	say := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, _ = io.WriteString(w, text)
			return err
		}
	}
	require.NoError(t, command.WriteFile(path, nil, say("one", nil)))
	broken := errors.New("broken")
	require.ErrorIs(t, command.WriteFile(path, nil, say("two", broken)), broken)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "one", string(text))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)

	var out bytes.Buffer
	require.NoError(t, command.WriteFile("-", &out, say("three", nil)))
	require.Equal(t, "three", out.String())
	require.NoError(t, command.WriteFile(os.DevNull, nil, say("four", nil)))
	require.ErrorIs(t, command.WriteFile(filepath.Join(dir, "no", "x"), nil, say("", nil)), fs.ErrNotExist)
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0 runs", 1: "1 run", 999: "999 runs", 1000: "1,000 runs", 1234567: "1,234,567 runs"} {
		require.Equal(t, want, command.Count(n, "run"))
	}
}
