package cli

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/command"
)

// seedRange is the flag --seeds A-B; both ends count.
type seedRange struct{ from, to uint64 }

func parseSeeds(text string) (r seedRange, err error) {
	a, b, two := strings.Cut(text, "-")
	if !two {
		b = a
	}
	from, err1 := strconv.ParseUint(a, 10, 64)
	to, err2 := strconv.ParseUint(b, 10, 64)
	if err1 != nil || err2 != nil || to < from || to-from > maxSeeds {
		return r, command.Usagef("--seeds %q is not written like 0-999", text)
	}
	return seedRange{from, to}, nil
}

// maxSeeds bounds a range to what can be counted in an int.
const maxSeeds = 1 << 40

func (r seedRange) count() int { return int(r.to-r.from) + 1 }

// shard is this machine's part, from 1, of so many.
type shard struct{ part, of int }

func parseShard(text string) (shard, error) {
	if part, auto := strings.CutPrefix(text, "auto"); auto {
		return autoShard(text, part)
	}
	part, of, ok := strings.Cut(text, "/")
	return makeShard("--shard "+strconv.Quote(text), part, of, ok)
}

// autoShard reads what CI systems tell the machines of a job. With auto/N the
// machines count from 0.
func autoShard(text, rest string) (shard, error) {
	total, withTotal := strings.CutPrefix(rest, "/")
	switch index := os.Getenv("JOB_COMPLETION_INDEX"); {
	case rest != "" && !withTotal:
		return shard{}, command.Usagef("--shard %q is none of I/N, auto and auto/N", text)
	case !withTotal:
		i, n := os.Getenv("CI_NODE_INDEX"), os.Getenv("CI_NODE_TOTAL")
		if i == "" || n == "" {
			return shard{}, command.Usagef("--shard auto needs CI_NODE_INDEX and CI_NODE_TOTAL in the environment; with JOB_COMPLETION_INDEX use --shard auto/N")
		}
		return makeShard("CI_NODE_INDEX/CI_NODE_TOTAL "+i+"/"+n, i, n, true)
	case index == "":
		return shard{}, command.Usagef("--shard %s needs JOB_COMPLETION_INDEX in the environment", text)
	default:
		i, err := strconv.Atoi(index)
		if err != nil {
			return shard{}, command.Usagef("JOB_COMPLETION_INDEX %q is no number", index)
		}
		return makeShard("JOB_COMPLETION_INDEX "+index+" of "+total, strconv.Itoa(i+1), total, true)
	}
}

func makeShard(what, part, of string, ok bool) (shard, error) {
	i, err1 := strconv.Atoi(part)
	n, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n {
		return shard{}, command.Usagef("%s is no shard: write I/N, with I from 1 to N", what)
	}
	return shard{i, n}, nil
}

// selection says which scenarios are run.
type selection struct {
	name  *regexp.Regexp // nil: any
	tags  []string       // one of them; none: any
	shard *shard         // nil: all
}

// pick leaves what is selected. Files that could not be read stay, whatever
// their names would have been. The error is of a selection that nothing matches;
// an empty shard is well.
func (s *selection) pick(items []*item) ([]*item, error) {
	var out []*item
	for _, i := range items {
		if i.scenario == nil || s.wants(i) {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		return nil, command.Usagef("no scenario is selected by %s; see --list for their names", s)
	}
	if s.shard == nil {
		return out, nil
	}
	var part []*item
	for n, i := range out {
		if n%s.shard.of == s.shard.part-1 {
			part = append(part, i)
		}
	}
	return part, nil
}

func (s *selection) wants(i *item) bool {
	if s.name != nil && !s.name.MatchString(i.scenario.Name) {
		return false
	}
	return len(s.tags) == 0 || slices.ContainsFunc(s.tags, i.scenario.HasTag)
}

// String is the flags of the selection.
func (s *selection) String() string {
	var parts []string
	if s.name != nil {
		parts = append(parts, "--run "+quoted(s.name.String()))
	}
	for _, t := range s.tags {
		parts = append(parts, "--tag "+quoted(t))
	}
	return strings.Join(parts, " ")
}
