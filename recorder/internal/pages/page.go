package pages

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// page is a branch or leaf page, with its overflow pages. head holds its first
// bytes, at least the whole element table; the rest is read when needed.
type page struct {
	f     *File // nil: everything is in head
	id    uint64
	off   int64
	bytes int64 // with the overflow pages
	leaf  bool
	count int
	head  []byte
}

func (f *File) page(id uint64) (*page, error) {
	if id < 2 || id >= f.pages {
		return nil, fmt.Errorf("%w: page %d of %d", ErrDamaged, id, f.pages)
	}
	off := int64(id) * f.pageSize
	head, err := f.read(off, f.pageSize)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if got := le.Uint64(head); got != id {
		return nil, fmt.Errorf("%w: page %d says it is page %d", ErrDamaged, id, got)
	}
	overflow := uint64(le.Uint32(head[12:]))
	if overflow >= f.pages-id {
		return nil, fmt.Errorf("%w: page %d runs over the end of the file", ErrDamaged, id)
	}
	p := &page{f: f, id: id, off: off, bytes: int64(overflow+1) * f.pageSize, head: head}
	return p, p.parse()
}

func inlinePage(b []byte) (*page, error) {
	if len(b) < pageHeaderBytes {
		return nil, fmt.Errorf("%w: an inline bucket of %d bytes", ErrDamaged, len(b))
	}
	p := &page{bytes: int64(len(b)), head: b}
	return p, p.parse()
}

func (p *page) parse() error {
	le := binary.LittleEndian
	switch flags := le.Uint16(p.head[8:]); flags {
	case flagLeaf:
		p.leaf = true
	case flagBranch:
	default:
		return fmt.Errorf("%w: page %d has the flags %#x", ErrDamaged, p.id, flags)
	}
	p.count = int(le.Uint16(p.head[10:]))
	if !p.leaf && p.count == 0 {
		return fmt.Errorf("%w: branch page %d is empty", ErrDamaged, p.id)
	}
	table := int64(pageHeaderBytes + p.count*elementBytes)
	if table > p.bytes {
		return fmt.Errorf("%w: page %d has no room for its %d elements", ErrDamaged, p.id, p.count)
	}
	if table > int64(len(p.head)) {
		head, err := p.f.read(p.off, table)
		if err != nil {
			return err
		}
		p.head = head
	}
	return nil
}

// slice returns n bytes of the page; they are shared with it when it has them,
// else read into spare when they fit there.
func (p *page) slice(at, n int64, spare []byte) ([]byte, error) {
	if at < 0 || n < 0 || at > p.bytes || n > p.bytes-at {
		return nil, fmt.Errorf("%w: an element of page %d lies outside of it", ErrDamaged, p.id)
	}
	if at+n <= int64(len(p.head)) {
		return p.head[at : at+n : at+n], nil
	}
	if p.f == nil {
		return nil, fmt.Errorf("%w: an inline bucket is cut short", ErrDamaged)
	}
	return p.f.readInto(spare, p.off+at, n)
}

// element returns where element i has its key, and the sizes of key and value.
func (p *page) element(i int) (at, ksize, vsize int64) {
	base := int64(pageHeaderBytes + i*elementBytes)
	e, le := p.head[base:], binary.LittleEndian
	if p.leaf {
		return base + int64(le.Uint32(e[4:])), int64(le.Uint32(e[8:])), int64(le.Uint32(e[12:]))
	}
	return base + int64(le.Uint32(e)), int64(le.Uint32(e[4:])), 0
}

func (p *page) key(i int) ([]byte, error) {
	at, n, _ := p.element(i)
	return p.slice(at, n, nil)
}

func (p *page) value(i int, spare []byte) (v []byte, isBucket bool, err error) {
	at, ksize, vsize := p.element(i)
	flags := binary.LittleEndian.Uint32(p.head[pageHeaderBytes+i*elementBytes:])
	if flags > leafIsBucket {
		return nil, false, fmt.Errorf("%w: an element of page %d has the flags %#x", ErrDamaged, p.id, flags)
	}
	v, err = p.slice(at+ksize, vsize, spare)
	return v, flags == leafIsBucket, err
}

func (p *page) child(i int) (*page, error) {
	id := binary.LittleEndian.Uint64(p.head[pageHeaderBytes+i*elementBytes+8:])
	if p.f == nil || id == p.id {
		return nil, fmt.Errorf("%w: page %d has itself for a child", ErrDamaged, p.id)
	}
	return p.f.page(id)
}

// search returns the first element whose key is not below key.
func (p *page) search(key []byte) (i int, exact bool, err error) {
	lo, hi := 0, p.count
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		k, err := p.key(mid)
		if err != nil {
			return 0, false, err
		}
		switch c := bytes.Compare(k, key); {
		case c == 0:
			return mid, true, nil
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false, nil
}

func (f *File) read(off, n int64) ([]byte, error) { return f.readInto(nil, off, n) }

func (f *File) readInto(spare []byte, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > f.size || n > f.size-off {
		return nil, fmt.Errorf("%w: bytes %d to %d of %d", ErrShort, off, off+n, f.size)
	}
	b := spare[:0]
	if int64(cap(b)) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	if got, err := f.r.ReadAt(b, off); int64(got) < n {
		return nil, fmt.Errorf("read at byte %d: %w", off, err)
	}
	return b, nil
}
