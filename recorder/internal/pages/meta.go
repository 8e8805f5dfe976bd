package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// Returned, wrapped with the place, by everything in this package.
var (
	// ErrNotPages: the file does not begin like a bbolt file.
	ErrNotPages = errors.New("not a page file")
	// ErrDamaged: a page says something that cannot be.
	ErrDamaged = errors.New("damaged page")
	// ErrShort: the file is shorter than its meta page says.
	ErrShort = errors.New("file is cut short")
	// ErrNotFound: there is no such key or bucket.
	ErrNotFound = errors.New("no such key")
)

const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2

	pageHeaderBytes = 16
	elementBytes    = 16
	metaBytes       = 64
	bucketBytes     = 16 // root page, sequence; an inline page may follow

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagMeta     = 0x04
	leafIsBucket = 0x01

	// maxDepth is far above any real tree: with at least two keys in a page,
	// 40 levels hold 2^40 keys.
	maxDepth = 40

	pageSizeMin = 1 << 10
	pageSizeMax = 1 << 24
)

// File is a page file opened for reading. It is safe for concurrent use when
// its io.ReaderAt is.
type File struct {
	r        io.ReaderAt
	size     int64
	pageSize int64
	pages    uint64 // high-water mark: pages with a number below it may be used
	root     uint64
	txid     uint64
}

// Open reads the two meta pages and chooses the newer whole one, as bbolt does.
// A file that is shorter than that meta page needs gives ErrShort together with
// a usable *File, whose reads fail where the bytes are missing.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size}
	first, firstOK := f.meta(0)
	second, secondOK := meta{}, false
	if firstOK {
		second, secondOK = f.meta(int64(first.pageSize))
	} else {
		for at := int64(pageSizeMin); at <= pageSizeMax && !secondOK; at <<= 1 {
			second, secondOK = f.meta(at)
			secondOK = secondOK && int64(second.pageSize) == at
		}
	}
	best := first
	switch {
	case !firstOK && !secondOK:
		if f.looksLikeMeta() {
			return nil, fmt.Errorf("%w: both meta pages", ErrDamaged)
		}
		return nil, ErrNotPages
	case !firstOK || (secondOK && second.txid > first.txid):
		best = second
	}
	f.pageSize, f.pages, f.root, f.txid = int64(best.pageSize), best.pages, best.root, best.txid
	if want := f.Want(); size < want {
		return f, fmt.Errorf("%w: %d bytes of %d", ErrShort, size, want)
	}
	return f, nil
}

// Want is the number of bytes that the file must have at least.
func (f *File) Want() int64 {
	if f.pages > uint64(1<<62)/uint64(f.pageSize) {
		return 1 << 62
	}
	return int64(f.pages) * f.pageSize
}

// Transaction is the number of the transaction that is read.
func (f *File) Transaction() uint64 { return f.txid }

// Root is the bucket that holds the top-level buckets.
func (f *File) Root() Bucket { return Bucket{f: f, root: f.root} }

type meta struct {
	pageSize uint32
	root     uint64
	pages    uint64
	txid     uint64
}

func (f *File) meta(at int64) (meta, bool) {
	var b [pageHeaderBytes + metaBytes]byte
	if n, err := f.r.ReadAt(b[:], at); n < len(b) && err != nil {
		return meta{}, false
	}
	m := b[pageHeaderBytes:]
	h := fnv.New64a()
	_, _ = h.Write(m[:metaBytes-8])
	le := binary.LittleEndian
	if le.Uint32(m) != metaMagic || le.Uint32(m[4:]) != metaVersion || le.Uint64(m[56:]) != h.Sum64() {
		return meta{}, false
	}
	out := meta{pageSize: le.Uint32(m[8:]), root: le.Uint64(m[16:]), pages: le.Uint64(m[40:]), txid: le.Uint64(m[48:])}
	p := out.pageSize
	return out, p >= pageSizeMin && p <= pageSizeMax && p&(p-1) == 0
}

// looksLikeMeta tells a damaged page file from some other file.
func (f *File) looksLikeMeta() bool {
	for _, at := range []int64{0, 4096, 8192, 16384, 65536} {
		var b [pageHeaderBytes + 8]byte
		if n, _ := f.r.ReadAt(b[:], at); n < len(b) {
			continue
		}
		le := binary.LittleEndian
		isMeta := le.Uint16(b[8:]) == flagMeta && le.Uint64(b[:]) <= 1
		if le.Uint32(b[pageHeaderBytes:]) == metaMagic || (isMeta && le.Uint32(b[pageHeaderBytes+4:]) == metaVersion) {
			return true
		}
	}
	return false
}
