package simtest

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPageName(t *testing.T) {
	for test, want := range map[string]string{
		"TestHall":                      "TestHall",
		"TestHall/at_night/twice-2":     "TestHall.at_night.twice-2",
		"TestHall/a.b":                  "TestHall.a_b-aa116ba2",
		"TestHall/..":                   "TestHall.__-9b43ef3f",
		`TestHall/C:\*"<>|?`:            "TestHall.C________-1ad5c931",
		"TestKülső":                     "TestK_ls_-7b60d1e2",
		"T/" + strings.Repeat("x", 300): "T." + strings.Repeat("x", 118) + "-21dc1dc4",
	} {
		require.Equal(t, want, pageName(test), test)
	}
}

func TestPattern(t *testing.T) {
	require.Equal(t, `^TestA$/^1\.5_\(x\)\+$`, pattern("TestA/1.5_(x)+"))
	require.Equal(t, `'a b'`, quoted("a b"))
	require.Equal(t, `'it'\''s'`, quoted("it's"))
	require.Equal(t, "./sim/simtest", packageFolder())
}

// theirs is a value of a flag that says nothing of itself.
type theirs struct{}

func (theirs) String() string   { return "true" }
func (theirs) Set(string) error { return nil }

func TestFlagsOfOthers(t *testing.T) {
	set := flag.NewFlagSet("", flag.PanicOnError)
	require.False(t, boolFlag(set, "update"))
	on := set.Bool("update", false, "")
	require.False(t, boolFlag(set, "update"))
	*on = true
	require.True(t, boolFlag(set, "update"))
	set = flag.NewFlagSet("", flag.PanicOnError)
	set.String("update", "true", "")
	require.False(t, boolFlag(set, "update"), "a text is none of ours")
	set = flag.NewFlagSet("", flag.PanicOnError)
	set.Var(theirs{}, "update", "")
	require.False(t, boolFlag(set, "update"))
}
