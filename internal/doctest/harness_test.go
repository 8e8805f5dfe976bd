package doctest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, lines ...string) *document {
	t.Helper()
	d, err := parseDocument("x.md", strings.Join(lines, "\n")+"\n")
	require.NoError(t, err)
	return d
}

func TestParse(t *testing.T) {
	d := parse(t,
		"# A",
		"<!-- test: cp a b -->",
		"```console exit=1 mistake=slow",
		"$ a \\",
		"  b",
		"1",
		"",
		"$ c",
		"```",
		"<!-- around:",
		"package x",
		"-->",
		"```go hall/hall.go",
		"```",
		"the end")
	require.Len(t, d.blocks, 4)
	require.Equal(t, []string{"cp a b"}, d.blocks[0].body)
	require.Equal(t, "test", d.blocks[0].kind)

	b := d.blocks[1]
	require.Equal(t, "x.md:3", b.String())
	require.Equal(t, map[string]string{"exit": "1", "mistake": "slow"}, b.attr)
	list := b.commands()
	require.Equal(t, []command{
		{text: "a \\\n  b", first: 5, end: 7, says: []string{"1", ""}},
		{text: "c", first: 8, end: 8},
	}, list)
	require.Equal(t, "1", d.lines[list[0].first])

	require.Equal(t, []string{"package x"}, d.blocks[2].body)
	require.Equal(t, "hall/hall.go", d.blocks[3].file)
	require.Empty(t, d.blocks[3].body)
	prose := d.prose()
	require.Len(t, prose, len(d.lines))
	require.Equal(t, "# Athe end", strings.Join(prose, ""))
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"```sh\nls":             "x.md:1: a fence that is not closed",
		"a\n  ```sh\n":          "x.md:2: a fence that is indented",
		"```yaml a.yaml b\n```": `what is "b"`,
		"```sh exti=1\n```":     `what is "exti=1"`,
		"<!-- test:\nls":        "x.md:1: a comment that is not closed",
	} {
		_, err := parseDocument("x.md", text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestSameOutput(t *testing.T) {
	const (
		line    = "passed   hall          5m     651µs     460,714x         1 in        2 out  d387625ff192"
		slower  = "passed   hall          5m      1.2s          9x         1 in        2 out  d387625ff192"
		other   = "passed   hall          5m     651µs     460,714x         1 in        2 out  d387625ff193"
		shorter = "passed   hall          4m     651µs     460,714x         1 in        2 out  d387625ff192"
	)
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"", "", true},
		{"a", "", false},
		{"", "a", false},
		{"a\nb", "a\nb", true},
		{"a\nb", "b\na", false},
		{"a", "a\nb", false},
		{"…", "", true},
		{"…", "a\nb", true},
		{"…\nb", "a\nb", true},
		{"…\nb", "a\nb\nc", false},
		{"a\n…\nb\n…\nc", "a\nb\nx\nc", true},
		{"a\n…\nb\n…\nc", "a\nx\nc", false},
		{"a … c", "a b c", true},
		{"a … c", "a b d", false},
		{"a … c.", "a b cc", false},
		{"a … c", "a b cd", false},
		{"b…c", "a b c", false},
		{line, slower, true},
		{line, other, false},
		{line, shorter, false},
		{"1 passed; 5m in 814µs", "1 passed; 5m in 1m2.5s", true},
		{"1 passed; 5m in 814µs", "1 passed; 6m in 814µs", false},
		{"it did not come in 5m", "it did not come in 6m", false},
		{"ok  \texample.com/home\t0.004s", "ok  \texample.com/home\t(cached)", true},
		{"--- FAIL: TestA (0.00s)", "--- FAIL: TestA (0.21s)", true},
		{"--- FAIL: TestA (0.00s)", "--- FAIL: TestB (0.00s)", false},
	} {
		require.Equal(t, c.same, sameOutput(outputLines(c.want), outputLines(c.got)), "%q and %q", c.want, c.got)
	}
}

func TestShownCommands(t *testing.T) {
	d := parse(t,
		"Say `record info a.hubtape`, or `simrun`, or `--strict`.",
		"```sh",
		"mosquitto_sub | record import - -o x.hubtape  # then record nothing",
		"# simrun new",
		"A=1 ./simrun scenarios/ --shard '${{ matrix.shard }}/3' \\",
		"  --strict > log && record \"two words\"",
		"```",
		"```yaml a.yaml",
		"run: simrun b",
		"```",
		"```console",
		"$ record show",
		"```")
	var got []string
	for _, c := range d.shown() {
		got = append(got, strings.Join(c.words, "_"))
	}
	require.Equal(t, []string{
		"record_import_-_-o_x.hubtape",
		"simrun_scenarios/_--shard_${{ matrix.shard }}/3_--strict",
		"record_two words",
		"record_info_a.hubtape",
	}, got)
}

func TestUnderstood(t *testing.T) {
	ours := programs()
	for line, want := range map[string]string{
		"record info a.hubtape --gaps":            "",
		"record --broker mqtt://hub -o x.hubtape": "",
		"simrun scenarios/ --seeds 0-9":           "",
		"simrun play x.hubtape --to mqtt://hub":   "",
		"record inof a.hubtape":                   "record has no command inof",
		"record info --gasp":                      "unknown flag: --gasp",
		"record cut a.hubtape --from soon":        "soon",
		"simrun scenarios/ --seed many":           "many",
		"simrun --broker mqtt://hub":              "unknown flag: --broker",
	} {
		got := understood(ours, strings.Fields(line))
		if want == "" {
			require.Empty(t, got, line)
		} else {
			require.Contains(t, got, want, line)
		}
	}
	known := knownFlags(ours)
	for flag, want := range map[string]bool{"--broker": true, "--to": true, "--redact-key": true, "--brokre": false} {
		require.Equal(t, want, known[flag], flag)
	}
	d := parse(t, "Say `--topic x`, `--tpoic x` and `record info --gaps x`.", "```sh", "record --broker x --otuput y", "```")
	list := d.misunderstood(ours, known)
	require.Len(t, list, 2)
	require.Contains(t, list[0], "x.md:3: record --broker x --otuput y: record: unknown flag")
	require.Equal(t, "x.md:1: --tpoic: no command has this flag", list[1])
}

func TestFindLinks(t *testing.T) {
	d := parse(t, "[a](b.md), `[c](d.md)` and", "```sh", "[e](f.md)", "```", "[`g`](h.md#i), [j](k)")
	require.Equal(t, []foundLink{{1, "b.md"}, {5, "h.md#i"}, {5, "k"}}, d.links())
}

func TestFollow(t *testing.T) {
	root := repoRoot(t)
	d := parse(t, "# One, two & `three`", "## Twice", "## Twice", "```sh", "# no heading", "```")
	d.path = "docs/x.md"
	for to, want := range map[string]string{
		"https://example.com/nowhere":    "",
		"../README.md":                   "",
		"../README.md#try-it":            "",
		"../scenarios/library":           "",
		"#one-two--three":                "",
		"#twice-1":                       "",
		"README.md":                      "there is no such file",
		"../README.md#try-that":          "there is no such heading",
		"#twice-2":                       "there is no such heading",
		"#no-heading":                    "there is no such heading",
		"../internal/doctest/home/nope#": "there is no such file",
	} {
		require.Equal(t, want, follow(root, d, to), to)
	}
}
