package jsontext_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestValid(t *testing.T) {
	for _, text := range []string{`{}`, `[1,"a",null]`, ` 1 `, `"x"`, ``, `{`, `[1,]`, `nul`, "\x00"} {
		require.Equal(t, json.Valid([]byte(text)), jsontext.Valid([]byte(text)), "%q", text)
	}
	wide := append(append([]byte(`[`), bytes.Repeat([]byte(`[],`), 200_000)...), `1]`...)
	require.True(t, jsontext.Valid(wide))
	require.False(t, jsontext.Valid(wide[:len(wide)-1]))
}

// Thirty million open brackets would overflow the stack of a recursive check.
func TestDeep(t *testing.T) {
	require.False(t, jsontext.Valid(bytes.Repeat([]byte("["), 30<<20)))
	require.False(t, jsontext.Valid(bytes.Repeat([]byte(`{"a":`), 10<<20)))
}

func TestCouldBe(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":[1]}`: true, ` [`: true, `1`: true, `"[[[["`: true, `"\"[[["`: true, `null`: true, ``: false, `ON`: false, `[[[1]]]`: false, `[[]][[`: true,
	} {
		require.Equal(t, want, jsontext.CouldBe([]byte(text), 2), text)
	}
}
