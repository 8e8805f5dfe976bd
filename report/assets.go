package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"strings"
	"sync"
)

//go:embed assets
var assets embed.FS

// scripts are the parts of the page's script, in the order in which they use each
// other: each is one module, a constant with the name of its file.
var scripts = []string{
	"dom", "text", "json", "blocks", "topics", "fields", "model", "scale", "theme",
	"paint", "graph", "minimap", "layout", "labels", "gestures", "scene", "timeline", "inspector", "failures", "runview", "overview", "help", "main",
}

// opening returns a page up to its data, but for the title.
func opening(title string) string {
	before, after, _ := strings.Cut(shell(), "{{title}}")
	return before + title + after
}

var shell = sync.OnceValue(func() string {
	style, script := asset("page.css"), script()
	return strings.NewReplacer(
		"{{style}}", style, "{{style-hash}}", hashOf(style),
		"{{script}}", script, "{{script-hash}}", hashOf(script),
	).Replace(asset("page.html"))
})

func script() string {
	parts := []string{`"use strict";`}
	for _, name := range scripts {
		parts = append(parts, asset(name+".js"))
	}
	return "\n" + strings.Join(parts, "\n")
}

// hashOf is how a page's policy names the one script and the one style that it
// lets run.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// asset ends lines as browsers read them, or the hashes would be others where a
// checkout has its lines end as on Windows.
func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic("report: " + err.Error()) // a part of the program is missing
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
