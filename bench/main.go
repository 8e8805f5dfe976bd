// Command bench measures what hubtape promises about speed, beside other
// systems, in one run: compare the ratios, not the figures of two machines.
//
//	go run . [-only REGEX] [-live 60s] [-messages N]
//
// It is a module of its own, so that nobody who uses hubtape downloads the
// systems that it is compared with.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"testing"
	"text/tabwriter"
)

// row is one line of the table.
type row struct {
	name string
	goal string
	run  func() (result, error)
}

// result is what a row measured.
type result struct {
	ours  string
	peers string // beside it, in this run
	met   string // "yes", or by how much it was missed
}

var (
	only     = flag.String("only", "", "run only the rows whose name matches this regular expression")
	messages = flag.Int("messages", 10_000_000, "messages of the memory row")
	liveFor  = flag.Duration("live", 0, "how long the rows of live recording send 100,000 messages a second through a mosquitto of their own; without it they and the rows of playing are left out")
)

func main() {
	// A synctest bubble can only be made by a test, so the table is one.
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "bench", F: func(t *testing.T) {
		bubble = t
		if err := run(); err != nil {
			t.Error(err)
		}
	}}}, nil, nil)
}

// bubble is what synctest needs.
var bubble *testing.T

func run() error {
	pick, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s/%s, %d cores\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
	w := tabwriter.NewWriter(os.Stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "work\tgoal\thubtape\tbeside it\tmet")
	for _, r := range rows() {
		if !pick.MatchString(r.name) {
			continue
		}
		runtime.GC() // no row pays for the garbage of another
		got, err := r.run()
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.name, r.goal, got.ours, got.peers, got.met)
	}
	return w.Flush()
}

func rows() []row {
	list := []row{
		{"virtual timers, 1,000 periodic", "≥ 5× synctest", timers},
		{"posted callback through the loop", "≤ 50 ns, no allocation", post},
		{"publish → callback, mochi in the path", "≤ 0.8 µs", publish},
		{"a day of 50 devices at 1 msg/s", "≤ 5 s", day},
		{"tape write", "≥ 1.46 M/s, ≥ MCAP", tapeWrite},
		{"tape scan", "≥ 5.7 M/s, ≥ MCAP", tapeScan},
		{"tape size", "≤ 27 B a message", tapeSize},
		{"memory, replaying many messages", "≤ 100 MiB, flat", memory},
	}
	list = append(append(list, coreRows()...), proactorRows()...)
	if *liveFor > 0 {
		list = append(list,
			row{"record live from mosquitto, QoS 0", "100,000 msg/s, nothing lost", recordLive(0)},
			row{"record live from mosquitto, QoS 1", "100,000 msg/s, nothing lost", recordLive(1)},
			row{"simrun play, 10 min at 10x into mosquitto", "all, in order", playTimed},
			row{"simrun play --speed max into mosquitto", "all, in order", playMax})
	}
	return list
}

// atMost says whether got is at most goal, or by how much it is missed.
func atMost(got, goal float64) string {
	if got <= goal {
		return "yes"
	}
	return fmt.Sprintf("no: %.0f %% over", 100*(got/goal-1))
}

func atLeast(got, goal float64) string {
	if got >= goal {
		return "yes"
	}
	return fmt.Sprintf("no: %.0f %% under", 100*(1-got/goal))
}
