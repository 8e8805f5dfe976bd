// Package home has the small automations that the examples of docs/cookbook.md
// are run against. Each does what its example asks for, and can be told to make
// a mistake, so that the tests see the example fail.
package home
