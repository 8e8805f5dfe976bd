package hub_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
)

// idleBytesMost is what an idle connection may take of memory.
const idleBytesMost = 40 << 10

// Many idle connections and a few busy ones, whose every message stands on the
// tape. HUBTAPE_CONNECTIONS=10000 makes it many, with 500 busy ones for a minute.
func TestScale(t *testing.T) {
	idle, busy, each := 1000, 100, 40
	if s := os.Getenv("HUBTAPE_CONNECTIONS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		idle, busy, each = n, 500, 1200
	}
	h := open(t, hub.Options{}, deck.Options{})
	before := memory(t)
	d := startDevices(t, h.address(), idle, busy, each)

	r := d.step(t)
	require.Equal(t, idle, r.Connected)
	after := memory(t)
	t.Logf("%d idle connections at %.0f a second", idle, float64(idle)/r.ConnectSeconds)
	t.Logf("memory of each: %d bytes resident; Go says %d of heap, %d of stacks", (after.resident-before.resident)/idle,
		(after.heap-before.heap)/idle, (after.stacks-before.stacks)/idle)
	if after.resident > 0 && !raceEnabled {
		require.Less(t, (after.resident-before.resident)/idle, idleBytesMost)
	}

	d.next(t)
	r = d.step(t)
	require.Equal(t, idle+busy, r.Connected)
	began, used := time.Now(), cpu(t)
	d.next(t)
	r = d.step(t)
	want := int64(busy * each)
	require.Equal(t, loadReport{Connected: r.Connected, ConnectSeconds: r.ConnectSeconds, Sent: want, Acked: want, Received: want}, r)
	took := time.Since(began)
	t.Logf("%d messages to the hub and as many from it in %.1f s: %.0f%% of a processor, %d MiB resident", want, took.Seconds(),
		100*(cpu(t)-used).Seconds()/took.Seconds(), memory(t).resident>>20)
	require.Zero(t, h.Clients().Dropped)
	d.end(t)

	counts := map[recorder.Kind]int{}
	require.NoError(t, h.stop())
	for _, r := range records(t, h.path) {
		counts[r.Kind]++
	}
	require.Equal(t, map[recorder.Kind]int{
		recorder.KindConnect: idle + busy, recorder.KindDisconnect: idle + busy, recorder.KindSubscribe: busy,
		recorder.KindMessage: int(want), recorder.KindNote: 1, // the recording ended
	}, counts)
	require.EqualValues(t, idle+busy, h.Clients().Ever)
	require.Zero(t, h.Clients().Connected)
}

// devices are another process.
type devices struct {
	cmd *exec.Cmd
	in  interface{ Write([]byte) (int, error) }
	out *json.Decoder
}

func startDevices(t *testing.T, address string, idle, busy, each int) *devices {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), loadAddress+"="+address, loadIdle+"="+strconv.Itoa(idle),
		loadBusy+"="+strconv.Itoa(busy), loadEach+"="+strconv.Itoa(each))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, if all went well
		_ = cmd.Wait()
	})
	return &devices{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}
}

// step waits for the report of a step.
func (d *devices) step(t *testing.T) (r loadReport) {
	t.Helper()
	require.NoError(t, d.out.Decode(&r))
	require.Empty(t, r.Error)
	return r
}

func (d *devices) next(t *testing.T) {
	t.Helper()
	_, err := d.in.Write([]byte("\n"))
	require.NoError(t, err)
}

func (d *devices) end(t *testing.T) {
	t.Helper()
	d.next(t)
	require.NoError(t, d.cmd.Wait())
}

// used is memory without garbage, in bytes; 0: this system does not say.
type used struct{ resident, heap, stacks int }

func memory(t *testing.T) (u used) {
	t.Helper()
	debug.FreeOSMemory()
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	u.heap, u.stacks = int(samples[0].Value.Uint64()), int(samples[1].Value.Uint64())
	status, err := os.ReadFile(filepath.Join("/proc", "self", "status"))
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, err := strconv.Atoi(f[1])
			require.NoError(t, err)
			u.resident = kib << 10
		}
	}
	return u
}

// cpu is the processor time of this process.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
