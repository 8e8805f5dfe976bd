package library_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library"
)

var update = flag.Bool("update", false, "write testdata/digests.txt anew")

const digestsFile = "testdata/digests.txt"

// The digests are in the repository: every system and architecture, with and
// without the race detector, has to come to the same ones. A change of them is
// a change of behaviour; -update writes them anew.
func TestDigests(t *testing.T) {
	got := ""
	each(t, func(t *testing.T, name string, s *scenarios.Scenario) {
		for seed := range uint64(3) {
			r := s.Run(library.Apps(), scenarios.RunOptions{Seed: &seed})
			got += fmt.Sprintf("%s %d %s\n", name, seed, r.Digest)
		}
	})
	if *update {
		if err := os.WriteFile(digestsFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(digestsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the digests are\n%s\nand were\n%s", got, want)
	}
}
