// Package didyoumean finds the word that somebody who mistyped most likely
// meant.
package didyoumean

import "strings"

// Nearest returns the candidate with the fewest edits from word (insert,
// delete, replace, or swap two neighbours; case does not count), if they are few
// enough for a typing mistake: one for short words, a third of the letters for
// longer ones. Of equally near ones the first in the list wins.
func Nearest(word string, candidates []string) (string, bool) {
	w := []rune(strings.ToLower(word))
	if len(w) > maxRunes {
		return "", false
	}
	best, found := "", max(1, len(w)/3)+1
	for _, c := range candidates {
		r := []rune(strings.ToLower(c))
		if len(r) > maxRunes || abs(len(r)-len(w)) >= found {
			continue
		}
		if d := distance(w, r); d < found {
			best, found = c, d
		}
	}
	return best, best != ""
}

// Suffix is `; did you mean "X"?`, or empty when nothing is near.
func Suffix(word string, candidates []string) string {
	if n, ok := Nearest(word, candidates); ok {
		return `; did you mean "` + n + `"?`
	}
	return ""
}

// maxRunes bounds the work on absurd input.
const maxRunes = 200

// distance is the optimal string alignment distance.
func distance(a, b []rune) int {
	two, one := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	row := make([]int, len(b)+1)
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}

func abs(n int) int {
	return max(n, -n)
}
