package pages

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Bucket is one key space of a [File]: a tree of pages, or one page inside the
// value of its parent.
type Bucket struct {
	f      *File
	root   uint64
	inline []byte
}

// Bucket returns the bucket inside this one with that name.
func (b Bucket) Bucket(name []byte) (Bucket, error) {
	v, isBucket, err := b.lookup(name, nil)
	if err != nil {
		return Bucket{}, err
	}
	if !isBucket {
		return Bucket{}, fmt.Errorf("%w: %q is no bucket", ErrDamaged, name)
	}
	return b.child(v)
}

// Get returns the value of a key, in bytes of its own.
func (b Bucket) Get(key []byte) ([]byte, error) { return b.GetInto(key, nil) }

// GetInto is Get; the value is put into spare when it fits there.
func (b Bucket) GetInto(key, spare []byte) ([]byte, error) {
	v, isBucket, err := b.lookup(key, spare)
	if err == nil && isBucket {
		return nil, fmt.Errorf("%w: %x is a bucket, not a value", ErrDamaged, key)
	}
	return v, err
}

// ForEach calls fn for every key in ascending order, and checks that order.
// Values of buckets are nil. It stops at the first error.
func (b Bucket) ForEach(fn func(key, value []byte) error) error {
	p, err := b.rootPage()
	if err != nil {
		return err
	}
	w := walk{bucket: b, fn: fn}
	return w.page(p, 0)
}

func (b Bucket) child(value []byte) (Bucket, error) {
	if len(value) < bucketBytes {
		return Bucket{}, fmt.Errorf("%w: a bucket of %d bytes", ErrDamaged, len(value))
	}
	c := Bucket{f: b.f, root: binary.LittleEndian.Uint64(value)}
	if c.root == 0 {
		c.inline = value[bucketBytes:]
	}
	return c, nil
}

func (b Bucket) rootPage() (*page, error) {
	if b.root == 0 {
		return inlinePage(b.inline)
	}
	return b.f.page(b.root)
}

func (b Bucket) lookup(key, spare []byte) (value []byte, isBucket bool, err error) {
	p, err := b.rootPage()
	for depth := 0; err == nil; depth++ {
		if depth > maxDepth {
			return nil, false, fmt.Errorf("%w: the tree has a loop", ErrDamaged)
		}
		i, exact, serr := p.search(key)
		if serr != nil {
			return nil, false, serr
		}
		if p.leaf {
			if !exact {
				return nil, false, fmt.Errorf("%w: %x", ErrNotFound, key)
			}
			return p.value(i, spare)
		}
		if !exact && i > 0 {
			i--
		}
		p, err = p.child(i)
	}
	return nil, false, err
}

// walk visits a tree in key order and notices keys that are out of order, so a
// page that is reached twice is found out.
type walk struct {
	bucket Bucket
	fn     func(key, value []byte) error
	last   []byte
	some   bool
	seen   uint64 // pages visited
}

func (w *walk) page(p *page, depth int) error {
	if w.seen++; depth > maxDepth || w.seen > w.bucket.f.pages+1 {
		return fmt.Errorf("%w: the tree has a loop", ErrDamaged)
	}
	for i := range p.count {
		if !p.leaf {
			c, err := p.child(i)
			if err == nil {
				err = w.page(c, depth+1)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := w.item(p, i); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) item(p *page, i int) error {
	key, err := p.key(i)
	if err != nil {
		return err
	}
	if w.some && bytes.Compare(w.last, key) >= 0 {
		return fmt.Errorf("%w: keys out of order in page %d", ErrDamaged, p.id)
	}
	w.last, w.some = key, true
	v, isBucket, err := p.value(i, nil)
	if err != nil {
		return err
	}
	if isBucket {
		v = nil
	}
	return w.fn(key, v)
}
