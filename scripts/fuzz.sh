#!/usr/bin/env bash
# Runs every fuzz target of the module for the time given (default 2m each).
set -euo pipefail

time=${1:-2m}
cd "$(dirname "$0")/.."
grep -rlE '^func Fuzz' --include='*_test.go' . | sort | while read -r file; do
	dir=$(dirname "$file")
	for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | cut -d' ' -f2); do
		echo "== $dir $target"
		# The minimiser may take longer than the hunt: one try is enough here.
		go test "$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x
	done
done
