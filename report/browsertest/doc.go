// Package browsertest holds the tests of package report's pages in a real browser:
// Debian's chromium-headless-shell, which scripts/install-browser.sh installs. It is
// a module of its own, so that hubtape needs no browser's libraries.
//
// HUBTAPE_BROWSER names another Chromium, HUBTAPE_SCREENSHOTS a folder in which
// pictures of the pages are kept.
package browsertest
