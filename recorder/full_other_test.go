//go:build !linux && !darwin

package recorder_test

func childFull(string) {}
