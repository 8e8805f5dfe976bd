//go:build linux || darwin

package eventstore_test

import "syscall"

// limitFiles makes files that grow beyond a size fail.
func limitFiles(bytes uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}
