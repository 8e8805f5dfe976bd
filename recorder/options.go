package recorder

import (
	"os"
	"time"
)

// Options say how a tape is made. The zero value is ready to use.
type Options struct {
	// Start is the wall time of the tape's offset 0; the zero Time: 1970, for a
	// tape whose wall time is not known.
	Start time.Time
	// Labels are kept on the tape, in this order.
	Labels []Label
	// Program is the name and version of who records, for information.
	Program string

	// ChunkRecords is how many records make a chunk; 0: 1,000.
	ChunkRecords int
	// ChunkBytes is how many uncompressed bytes make a chunk, if that comes
	// first; 0: 1 MiB.
	ChunkBytes int
	// CommitChunks is how many full chunks are sealed into the tape by one
	// transaction; 0: 16. A transaction costs about 40 KB of disk writes beside
	// its chunks. Until then their records stand in the side log.
	CommitChunks int
	// LogBytes is how many uncompressed bytes one Flush puts into the side log
	// at most; with more than that it seals chunks at once. 0: 1 MiB.
	LogBytes int

	open openFunc // for tests
}

type openFunc func(path string, flag int, mode os.FileMode) (logFile, error)

func (o Options) withDefaults() Options {
	pick := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	pick(&o.ChunkRecords, 1000)
	pick(&o.ChunkBytes, 1<<20)
	pick(&o.CommitChunks, 16)
	pick(&o.LogBytes, 1<<20)
	if o.open == nil {
		o.open = func(path string, flag int, mode os.FileMode) (logFile, error) { return os.OpenFile(path, flag, mode) }
	}
	return o
}
