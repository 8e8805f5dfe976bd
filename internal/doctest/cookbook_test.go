package doctest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCookbook: each example of the cookbook is a scenario that is run both ways,
// and shows what its failure looks like.
func TestCookbook(t *testing.T) {
	d, err := readDocument(repoRoot(t), "docs/cookbook.md")
	require.NoError(t, err)
	shown := map[string]string{} // the file that a mistake is shown of
	for _, b := range d.blocks {
		if b.kind == "console" && b.attr["exit"] == "1" {
			shown[strings.TrimPrefix(b.commands()[0].text, "simrun ")] = b.attr["mistake"]
		}
	}
	examples := 0
	for _, b := range d.blocks {
		if b.kind != "yaml" {
			continue
		}
		examples++
		require.NotEmpty(t, b.attr["mistake"], "%v: an example names the mistake that it finds", b)
		require.Equal(t, b.attr["mistake"], shown[b.file], "%v: no console block shows how it fails", b)
	}
	require.GreaterOrEqual(t, examples, 20)
}
