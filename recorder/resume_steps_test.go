package recorder_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// steps calls before each step of a side log, and after it.
type steps struct {
	recorder.LogFile
	step func()
}

func (s *steps) Write(b []byte) (int, error) {
	s.step()
	defer s.step()
	return s.LogFile.Write(b)
}

func (s *steps) Truncate(size int64) error {
	s.step()
	defer s.step()
	return s.LogFile.Truncate(size)
}

func (s *steps) Close() error {
	s.step()
	return s.LogFile.Close()
}

// However often a recorder is killed while it takes a tape up, and at whatever
// step, the tape holds what it held, and can be taken up again.
func TestKilledAtEveryStepOfTakingUp(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprint("closed=", closed), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "0.hubtape")
			w, err := recorder.Create(path, recorder.Options{ChunkRecords: 4, CommitChunks: 3})
			require.NoError(t, err)
			for i := range 23 {
				require.NoError(t, w.Append(recorder.Record{Session: uint32(i / 10), At: time.Duration(i), Kind: recorder.KindMessage, Message: mqtt.Message{Topic: fmt.Sprint(i % 7)}}))
				require.NoError(t, w.Flush())
			}
			start := filepath.Join(dir, "start.hubtape")
			if !closed {
				kill(t, path, start)
			}
			require.NoError(t, w.Close())
			if closed {
				kill(t, path, start)
			}
			want := readAll(t, start)
			require.Len(t, want, 23)

			shots := 0
			var shoot func(from string, depth int)
			shoot = func(from string, depth int) {
				var left []string
				on := true
				o := recorder.Options{ChunkRecords: 5}.WithLogFile(func(f recorder.LogFile) recorder.LogFile {
					return &steps{f, func() {
						if on {
							shots++
							left = append(left, filepath.Join(dir, fmt.Sprint("shot", shots, ".hubtape")))
							kill(t, from, left[len(left)-1])
						}
					}}
				})
				w, err := recorder.Resume(from, o)
				require.NoError(t, err)
				on = false
				require.NoError(t, w.Close())
				require.Equal(t, want, readAll(t, from))
				for _, shot := range left {
					require.Equal(t, want, readAll(t, shot))
					if depth > 0 {
						shoot(shot, depth-1)
					}
				}
			}
			shoot(start, 2)
			require.Greater(t, shots, 50)
		})
	}
}
