//go:build !linux && !darwin

package eventstore_test

import "errors"

func limitFiles(uint64) error { return errors.New("not on this system") }
