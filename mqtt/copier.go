package mqtt

// slabSize is how much memory a Copier takes at once. A payload that is kept
// keeps its slab.
const slabSize = 16 << 10

// Copier copies payloads, many to one allocation. The zero value is ready to
// use; it is for one goroutine at a time. The copies are independent of each
// other and stay valid for as long as somebody has them.
type Copier struct{ slab []byte }

// Copy returns a copy of a payload; nil of nil.
func (c *Copier) Copy(payload []byte) []byte {
	n := len(payload)
	switch {
	case n == 0:
		return payload
	case n > slabSize/8:
		return append([]byte(nil), payload...)
	case n > len(c.slab):
		c.slab = make([]byte, slabSize)
	}
	copied := c.slab[:n:n] // an append to it goes elsewhere
	c.slab = c.slab[n:]
	copy(copied, payload)
	return copied
}
