package core

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
)

// Stream returns the random numbers of one named consumer under a seed. Each
// consumer has its own stream, so a new one shifts no other. Use its integers:
// floats may differ in the last bit between architectures.
func Stream(seed uint64, name string) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "simrand/v1\x00%d\x00%s", seed, name))
	return rand.New(rand.NewChaCha8(sum))
}
