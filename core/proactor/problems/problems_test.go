package problems_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

func TestEmpty(t *testing.T) {
	t.Run("GW-118 no problems are no error and no text", func(t *testing.T) {
		var none *problems.Problems
		for name, p := range map[string]*problems.Problems{"nil": none, "zero": {}, "new": problems.New(3)} {
			t.Run(name, func(t *testing.T) {
				require.True(t, p.Empty())
				require.Empty(t, p.String())
				require.NoError(t, p.Err())
				require.Zero(t, p.ErrorCount())
				require.Zero(t, p.WarningCount())
				require.Empty(t, p.Errors())
				require.Empty(t, p.Warnings())
				require.False(t, p.Has(io.EOF))
			})
		}
	})
	t.Run("adding nothing leaves nil as it is", func(t *testing.T) {
		var none *problems.Problems
		require.Nil(t, none.Add(nil).Warn(nil).Join(nil).Join(&problems.Problems{}))
	})
}

func TestChaining(t *testing.T) {
	t.Run("GW-122 adding returns the same object", func(t *testing.T) {
		p := problems.New(0)
		other := problems.New(0).Add(io.ErrClosedPipe)
		require.Same(t, p, p.Add(io.EOF))
		require.Same(t, p, p.Warn(io.ErrNoProgress))
		require.Same(t, p, p.Join(other))
		require.Equal(t, []error{io.EOF, io.ErrClosedPipe}, p.Errors())
		require.Equal(t, []error{io.ErrNoProgress}, p.Warnings())
	})
	t.Run("nil grows", func(t *testing.T) {
		var p *problems.Problems
		p = p.Warn(io.EOF)
		require.Equal(t, 1, p.WarningCount())
		var q *problems.Problems
		require.Equal(t, p.Warnings(), q.Join(p).Warnings())
	})
	t.Run("what was handed out does not change", func(t *testing.T) {
		p := problems.New(0).Add(io.EOF)
		list, err := p.Errors(), p.Err()
		list[0] = nil
		p.Add(io.ErrClosedPipe)
		require.Equal(t, []error{io.EOF, io.ErrClosedPipe}, p.Errors())
		require.NotErrorIs(t, err, io.ErrClosedPipe)
		require.NotContains(t, err.Error(), io.ErrClosedPipe.Error())
	})
	t.Run("joining itself ends", func(t *testing.T) {
		p := problems.New(3).Add(io.EOF).Warn(io.ErrNoProgress)
		p.Join(p)
		require.Equal(t, []error{io.EOF, io.EOF}, p.Errors())
		require.Equal(t, 2, p.WarningCount())
	})
}

// Only warnings are no error: who asks Err whether something failed is told no.
func TestErr(t *testing.T) {
	p := problems.New(0).Warn(fs.ErrNotExist)
	require.NoError(t, p.Err())
	require.True(t, p.Has(fs.ErrNotExist))
	require.False(t, p.Empty())

	p.Add(fmt.Errorf("read: %w", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}))
	err := p.Err()
	require.ErrorIs(t, err, fs.ErrPermission)
	require.NotErrorIs(t, err, fs.ErrNotExist, "a warning is not why it failed")
	var path *fs.PathError
	require.ErrorAs(t, err, &path)
	require.Equal(t, "x", path.Path)
	require.Equal(t, p.String(), err.Error())
	require.True(t, p.Has(fs.ErrPermission))
}

func TestLimit(t *testing.T) {
	add := func(p *problems.Problems, n int) *problems.Problems {
		for i := range n {
			p.Add(fmt.Errorf("e%d", i)).Warn(fmt.Errorf("w%d", i))
		}
		return p
	}
	t.Run("the first are kept, all are counted", func(t *testing.T) {
		p := add(problems.New(2), 5)
		require.Equal(t, 5, p.ErrorCount())
		require.Equal(t, 5, p.WarningCount())
		require.Equal(t, "5 errors, 5 warnings\nerror 1 / 5: e0\nerror 2 / 5: e1\nand 3 more errors\n"+
			"warning 1 / 5: w0\nwarning 2 / 5: w1\nand 3 more warnings", p.String())
	})
	t.Run("the default", func(t *testing.T) {
		for _, limit := range []int{0, -4} {
			require.Len(t, add(problems.New(limit), 30).Errors(), problems.LimitDefault)
		}
		require.Len(t, add(&problems.Problems{}, 30).Warnings(), problems.LimitDefault)
	})
	t.Run("join counts what the other dropped", func(t *testing.T) {
		p := add(problems.New(3), 1).Join(add(problems.New(2), 7))
		require.Equal(t, 8, p.ErrorCount())
		require.Equal(t, []error{errors.New("e0"), errors.New("e0"), errors.New("e1")}, p.Errors())
		require.True(t, strings.HasSuffix(p.String(), "and 5 more warnings"))
	})
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		p    *problems.Problems
		want string
	}{
		"one error":   {problems.New(0).Add(io.EOF), "1 error\nerror 1 / 1: EOF"},
		"one warning": {problems.New(0).Warn(io.EOF), "1 warning\nwarning 1 / 1: EOF"},
		"both":        {problems.New(0).Warn(io.EOF).Add(io.EOF), "1 error, 1 warning\nerror 1 / 1: EOF\nwarning 1 / 1: EOF"},
		"one more":    {problems.New(1).Add(io.EOF).Add(io.EOF), "2 errors\nerror 1 / 2: EOF\nand 1 more error"},
		"panics":      {problems.New(0).Add(broken{}), "1 error\nerror 1 / 1: an error of type problems_test.broken that cannot say what it is"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, c.p.String()) })
	}
}

type broken struct{}

func (broken) Error() string { panic("no text") }

func TestFormat(t *testing.T) {
	t.Run("GW-220 a list of errors is numbered and never panics", func(t *testing.T) {
		var typed *fs.PathError
		require.Equal(t, "1 / 5: EOF\n2 / 5: first\n  second\n3 / 5: no error\n"+
			"4 / 5: an error of type problems_test.broken that cannot say what it is\n"+
			"5 / 5: an error of type *fs.PathError that cannot say what it is",
			problems.Format([]error{io.EOF, errors.New("first\nsecond"), nil, broken{}, typed}))
		require.Empty(t, problems.Format(nil))
	})
}
