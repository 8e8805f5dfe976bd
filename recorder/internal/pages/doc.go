// Package pages reads a bbolt file without trusting it. bbolt itself maps the
// file and follows what it finds there: a damaged file makes it read outside
// the mapping, panic, or recurse for ever through a branch page that points to
// its parent, which ends the process. This reader takes every page with a
// bounded read, checks each number before it is used and limits the depth, so
// the worst that damage can do is [ErrDamaged].
//
// It knows the page layout of bbolt's file version 2: meta, branch and leaf
// pages, buckets inside buckets, and inline buckets. It never writes. Bytes are
// in little-endian order, as on every machine hubtape is built for.
package pages
