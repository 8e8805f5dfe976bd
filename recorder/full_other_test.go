//go:build !unix

package recorder_test

func childFull(string) {}
