package service

import "testing"

// A queue that is never empty does not grow with what has gone through it.
func TestFifoUsesItsMemoryAgain(t *testing.T) {
	var f fifo[int]
	for i := range 5 {
		f.push(i)
	}
	for i := range 100_000 {
		if x, ok := f.pop(); x != i || !ok {
			t.Fatalf("item %d is %d, %v", i, x, ok)
		}
		f.push(i + 5)
	}
	if cap(f.items) > 64 {
		t.Errorf("it holds %d items, and never more than 5 were queued", cap(f.items))
	}
}
