package eventstore

// disk is what Files needs of a file system. What it says of a name that does
// not exist is fs.ErrNotExist.
type disk interface {
	// Write makes new files with their contents and returns when these would
	// survive a power cut; their names need a SyncDir. The errors stand where
	// the writes do. Of a write that failed nothing is left.
	Write(writes []write) []error
	// Rename gives a file another name in the same folder.
	Rename(from, to string) error
	// Remove removes a file, or a folder that is empty.
	Remove(path string) error
	// MakeDir makes a folder and those above it, durably, where they are missing.
	MakeDir(path string) error
	// SyncDir returns when the names in a folder would survive a power cut.
	SyncDir(path string) error
	// Read returns a file's content, or its first bytesMax bytes.
	Read(path string, bytesMax int64) ([]byte, error)
	// List calls each with what is in a folder, sorted by name.
	List(path string, each func(listed)) error
}

type write struct {
	path    string
	content []byte
}

// listed is one name in a folder.
type listed struct {
	name string
	kind listedKind
	size int64 // of a file
	err  error // why kind and size are not known
}

type listedKind uint8

const (
	otherKind listedKind = iota
	fileKind
	dirKind
)
