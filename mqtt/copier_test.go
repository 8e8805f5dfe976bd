package mqtt_test

import (
	"bytes"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"pgregory.net/rapid"
)

func TestCopier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c mqtt.Copier
		var originals, copies [][]byte
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			b := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(0, 5000).Draw(t, "size"))
			got := c.Copy(b)
			originals, copies = append(originals, bytes.Clone(b)), append(copies, got)
			clear(b)                     // the original may be used again
			_ = append(got, "beyond"...) // and the copy be appended to
		}
		for i := range copies {
			if !bytes.Equal(copies[i], originals[i]) {
				t.Fatalf("copy %d of %d bytes has changed", i, len(originals[i]))
			}
		}
	})
	var c mqtt.Copier
	if c.Copy(nil) != nil || c.Copy([]byte{}) == nil {
		t.Error("nil must stay nil, and empty stay empty")
	}
	if n := testing.AllocsPerRun(1000, func() { c.Copy(make([]byte, 100)[:80]) }); n > 0.1 {
		t.Errorf("%v allocations a copy", n)
	}
}
