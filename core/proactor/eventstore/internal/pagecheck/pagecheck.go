// Package pagecheck looks through a bbolt file before bbolt does. bbolt maps a
// file and follows what it finds there: a damaged one makes it read outside of
// the mapping, panic, or recurse until the process ends. What [Check] passes is
// a tree: every page is where it may be, is reached once and holds what it says,
// in order.
//
// It knows file version 2, little-endian, with up to one level of buckets in the
// root, and without a list of free pages (bbolt's NoFreelistSync).
package pagecheck

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// Returned by Check.
var (
	// ErrNotPages: the file does not begin like a bbolt file.
	ErrNotPages = errors.New("not a page file")
	// ErrDamaged: a page says what cannot be, or is cut off.
	ErrDamaged = errors.New("damaged page")
	// ErrOther: a whole file, perhaps, that is laid out in another way.
	ErrOther = errors.New("a page file of another program")
)

// Report is what Check tells of a file that may be used.
type Report struct {
	HeadsWhole bool // both meta pages are; else bbolt goes back to the older one
}

const (
	magic   = 0xED0CDAED
	version = 2

	headerBytes  = 16 // of a page: id, flags, count, overflow
	elementBytes = 16
	metaBytes    = 64
	bucketBytes  = 16 // root, sequence; an inline page may follow

	branchFlag     = 0x01
	leafFlag       = 0x02
	metaFlag       = 0x04
	bucketElement  = 0x01
	noFreelist     = 1<<64 - 1
	pageBytesMin   = 1 << 10
	pageBytesMax   = 1 << 16
	bucketLevelMax = 1
)

var le = binary.LittleEndian

type meta struct {
	labelled  bool // its page is headed as what it is
	pageBytes int64
	root      uint64
	freelist  uint64
	pages     uint64 // the number of the first page that was never used
	txid      uint64
}

// checker is one Check.
type checker struct {
	r     io.ReaderAt
	meta  meta
	taken []bool // by page
}

// Check reads all pages of a file of that many bytes. It needs memory for its
// largest value and one byte a page.
func Check(r io.ReaderAt, size int64) (Report, error) {
	m, whole, err := head(r)
	if err != nil {
		return Report{}, err
	}
	switch {
	case m.pages < 3 || m.pages > uint64(size/m.pageBytes):
		return Report{}, fmt.Errorf("%w: %d pages do not fit in %d bytes: it is cut short", ErrDamaged, m.pages, size)
	case m.freelist != noFreelist:
		return Report{}, fmt.Errorf("%w: it has a list of free pages", ErrOther)
	}
	c := checker{r: r, meta: m, taken: make([]bool, m.pages)}
	return Report{HeadsWhole: whole}, c.page(m.root, span{}, 0)
}

// head returns the newer whole meta page, as bbolt does, and whether both are.
func head(r io.ReaderAt) (meta, bool, error) {
	first, firstOK := readMeta(r, 0, 0)
	var second meta
	secondOK := false
	for at := int64(pageBytesMin); at <= pageBytesMax && !secondOK; at <<= 1 {
		second, secondOK = readMeta(r, 1, at)
		secondOK = secondOK && second.pageBytes == at
	}
	switch {
	case !firstOK && !secondOK:
		return meta{}, false, ErrNotPages
	case firstOK && secondOK && first.pageBytes != second.pageBytes:
		return meta{}, false, fmt.Errorf("%w: the heads differ in the size of pages", ErrDamaged)
	case firstOK && !first.labelled || secondOK && !second.labelled:
		return meta{}, false, fmt.Errorf("%w: a head is labelled as another page", ErrDamaged)
	case !firstOK || secondOK && second.txid > first.txid:
		return second, firstOK, nil
	default:
		return first, secondOK, nil
	}
}

func readMeta(r io.ReaderAt, id uint64, at int64) (meta, bool) {
	var b [headerBytes + metaBytes]byte
	if _, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
		return meta{}, false
	}
	m := b[headerBytes:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaBytes-8])
	if le.Uint32(m) != magic || le.Uint32(m[4:]) != version || le.Uint64(m[56:]) != sum.Sum64() {
		return meta{}, false
	}
	labelled := le.Uint64(b[:]) == id && le.Uint16(b[8:]) == metaFlag
	out := meta{labelled, int64(le.Uint32(m[8:])), le.Uint64(m[16:]), le.Uint64(m[32:]), le.Uint64(m[40:]), le.Uint64(m[48:])}
	p := out.pageBytes
	return out, p >= pageBytesMin && p <= pageBytesMax && p&(p-1) == 0
}

// span is where the keys of a page have to lie; nil ends are open. The first key
// is the one by which the page is known above.
type span struct{ first, from, to []byte }

func (s span) holds(key []byte) bool {
	return (s.first == nil || bytes.Equal(key, s.first)) &&
		(s.from == nil || bytes.Compare(key, s.from) >= 0) && (s.to == nil || bytes.Compare(key, s.to) < 0)
}

// after is what is left of a span behind a key.
func (s span) after(key []byte) span { return span{from: append(bytes.Clone(key), 0), to: s.to} }

// page checks a page and what is below it. It cannot go round in circles: no page
// is taken twice.
func (c *checker) page(id uint64, keys span, level int) error {
	b, err := c.read(id)
	if err != nil {
		return err
	}
	return c.elements(id, b, keys, level)
}

// read returns a page with its overflow, and takes them.
func (c *checker) read(id uint64) ([]byte, error) {
	if id < 2 || id >= c.meta.pages {
		return nil, damaged(id, "there is no such page")
	}
	var header [headerBytes]byte
	if _, err := c.r.ReadAt(header[:], int64(id)*c.meta.pageBytes); err != nil {
		return nil, err
	}
	more := uint64(le.Uint32(header[12:]))
	if le.Uint64(header[:]) != id || more >= c.meta.pages-id {
		return nil, damaged(id, "its header is not its own")
	}
	for p := id; p <= id+more; p++ {
		if c.taken[p] {
			return nil, damaged(p, "it is used twice")
		}
		c.taken[p] = true
	}
	b := make([]byte, int64(more+1)*c.meta.pageBytes)
	_, err := c.r.ReadAt(b, int64(id)*c.meta.pageBytes)
	return b, err
}

// elements checks what stands in a page, which may be one inside a value.
func (c *checker) elements(id uint64, b []byte, keys span, level int) error {
	n := int(le.Uint16(b[10:]))
	if headerBytes+n*elementBytes > len(b) {
		return damaged(id, "it is too small for its elements")
	}
	switch le.Uint16(b[8:]) {
	case leafFlag:
		return c.leaf(id, b, n, keys, level)
	case branchFlag:
		return c.branch(id, b, n, keys, level)
	default:
		return damaged(id, "it is neither a leaf nor a branch")
	}
}

func (c *checker) leaf(id uint64, b []byte, n int, keys span, level int) error {
	for i := range n {
		at := headerBytes + i*elementBytes
		e := b[at:]
		key, value, ok := pair(b, n, at, le.Uint32(e[4:]), le.Uint32(e[8:]), le.Uint32(e[12:]))
		if !ok || !keys.holds(key) {
			return damaged(id, "element %d lies outside of it, or not in order", i)
		}
		keys = keys.after(key)
		switch flags := le.Uint32(e); {
		case flags == 0:
		case flags != bucketElement || level >= bucketLevelMax:
			return damaged(id, "element %d is of an unknown kind", i)
		default:
			if err := c.bucket(id, value, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) branch(id uint64, b []byte, n int, keys span, level int) error {
	if n == 0 {
		return damaged(id, "it is a branch that leads nowhere")
	}
	starts := make([][]byte, n)
	for i := range n {
		at := headerBytes + i*elementBytes
		key, _, ok := pair(b, n, at, le.Uint32(b[at:]), le.Uint32(b[at+4:]), 0)
		if !ok || !keys.holds(key) {
			return damaged(id, "element %d lies outside of it, or not in order", i)
		}
		starts[i], keys = key, keys.after(key)
	}
	for i, start := range starts {
		below := span{first: start, to: keys.to}
		if i+1 < n {
			below.to = starts[i+1]
		}
		child := le.Uint64(b[headerBytes+i*elementBytes+8:])
		if err := c.page(child, below, level); err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket by the value that describes it. A small one has its
// only page in there.
func (c *checker) bucket(id uint64, value []byte, level int) error {
	if len(value) < bucketBytes {
		return damaged(id, "a bucket is cut off")
	}
	if root := le.Uint64(value); root != 0 {
		return c.page(root, span{}, level)
	}
	inline := value[bucketBytes:]
	if len(inline) < headerBytes || le.Uint16(inline[8:]) != leafFlag {
		return damaged(id, "a bucket is cut off")
	}
	return c.elements(id, inline, span{}, level)
}

// pair returns an element's key and value: pos counts from the element, which
// stands at at. Neither may reach into the n elements, nor beyond the page.
func pair(b []byte, n, at int, pos, keyBytes, valueBytes uint32) (key, value []byte, ok bool) {
	from := int64(at) + int64(pos)
	mid := from + int64(keyBytes)
	to := mid + int64(valueBytes)
	if keyBytes == 0 || from < int64(headerBytes+n*elementBytes) || to > int64(len(b)) {
		return nil, nil, false
	}
	return b[from:mid], b[mid:to], true
}

func damaged(page uint64, format string, args ...any) error {
	return fmt.Errorf("%w %d: %s", ErrDamaged, page, fmt.Sprintf(format, args...))
}
