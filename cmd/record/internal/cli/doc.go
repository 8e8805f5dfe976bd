// Package cli is the program record: its commands, flags, texts and exit codes.
package cli
