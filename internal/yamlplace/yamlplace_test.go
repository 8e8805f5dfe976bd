package yamlplace_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/hubtape/hubtape/internal/yamlplace"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNode(t *testing.T) {
	for text, want := range map[string]yamlplace.Pos{
		"a: 1\nb: 2": {1, 1}, "\n  a:\n    b: 1": {2, 3}, "- a\n- b": {1, 1}, "\n\n {a: 1}": {3, 2}, "x": {1, 1},
	} {
		file, err := parser.ParseBytes([]byte(text), 0)
		require.NoError(t, err)
		require.Equal(t, want, yamlplace.Node(file.Docs[0].Body), "%q", text)
	}
	require.Equal(t, yamlplace.Pos{1, 1}, yamlplace.Of(nil))
}

func TestFault(t *testing.T) {
	for text, hint := range map[string]string{
		"a: b: c": "needs quotes", "a:\n  - 1\n b": "", "a: [1": "closed", "a: \"x": "closing quote", "a: @x": "begins with this character",
	} {
		_, err := parser.ParseBytes([]byte(text), 0)
		at, message, ok := yamlplace.Fault(err)
		require.True(t, ok, "%q: %v", text, err)
		require.Positive(t, at.Line)
		require.NotContains(t, message, "\n")
		require.Contains(t, yamlplace.Hint(message), hint, "%q: %s", text, message)
	}
	at, _, ok := yamlplace.Fault(errors.New("other"))
	require.False(t, ok)
	require.Equal(t, yamlplace.Pos{1, 1}, at)
}

func TestTab(t *testing.T) {
	lines := strings.Split("a:\n  \tb: 1\n\tc: 2\nd: \t3", "\n")
	at, ok := yamlplace.Tab(lines, 1)
	require.True(t, ok)
	require.Equal(t, yamlplace.Pos{2, 3}, at)
	at, ok = yamlplace.Tab(lines, 3)
	require.True(t, ok)
	require.Equal(t, yamlplace.Pos{3, 1}, at)
	for _, line := range []int{4, 5, 9} {
		_, ok = yamlplace.Tab(lines, line)
		require.False(t, ok)
	}
}

func TestTooDeep(t *testing.T) {
	for text, deep := range map[string]bool{
		"a: [[1]]": false, "a: [[[1]]]": true, "- - x": false, "- - - x": true, "- a\n- b\n- c": false, "{a: {b: {c: 1}}}": true, "[1] : [[2]]": false,
	} {
		require.Equal(t, deep, yamlplace.TooDeep(lexer.Tokenize(text), 2) != nil, "%q", text)
	}
	require.NotNil(t, yamlplace.TooDeep(lexer.Tokenize(strings.Repeat("[", 100_000)), 16))
}
