// Package command is what the programs of hubtape share: exit codes, errors as
// one sentence, log flags, files that are written whole, and the version.
package command
