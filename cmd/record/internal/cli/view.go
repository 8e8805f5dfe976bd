package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hubtape/hubtape/recorder/deck"
	"golang.org/x/term"
)

// screen is where the log goes. What is drawn on a terminal makes way for it, and
// is drawn again below.
type screen struct {
	mu   sync.Mutex
	out  io.Writer
	view *view // nil: nothing is drawn
}

// Write writes a line of the log.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view != nil {
		s.view.clear()
	}
	return s.out.Write(b)
}

// begin has a view drawn from now on.
func (s *screen) begin(v *view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view = v
}

// show draws how a recording goes.
func (s *screen) show(p deck.Progress, busiest []deck.TopicProgress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.draw(p, busiest)
}

// end takes the drawing off the screen.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.clear()
	s.view = nil
}

// view draws how a recording goes, over itself, on a terminal.
type view struct {
	out   io.Writer
	plain bool // no colours: NO_COLOR is set
	size  func() (width, height int)
	lines int // drawn last
	rate  meter
	rates []float64 // of the last draws, the newest last
}

// How much of the screen the view takes, and how many rates it draws.
const (
	viewTopics = 12
	viewHead   = 4 // lines above the topics
	viewRates  = 32
)

func newView(out io.Writer) *view {
	return &view{out: out, plain: os.Getenv("NO_COLOR") != "", size: func() (int, int) {
		if f, ok := out.(*os.File); ok {
			if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
				return w, h
			}
		}
		return 80, 24
	}}
}

// topics is how many of the busiest topics fit on the screen.
func (v *view) topics() int {
	_, h := v.size()
	return max(min(h-viewHead-2, viewTopics), 0)
}

// clear takes the view off the screen.
func (v *view) clear() {
	fmt.Fprint(v.out, v.home())
	v.lines = 0
}

// home goes back to the view's first line and wipes what is below.
func (v *view) home() string {
	if v.lines == 0 {
		return "\r\x1b[J"
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", v.lines)
}

func (v *view) draw(p deck.Progress, busiest []deck.TopicProgress) {
	now := v.rate.add(p.Messages, time.Now())
	v.rates = append(v.rates, now)
	v.rates = v.rates[max(0, len(v.rates)-viewRates):]
	width, _ := v.size()
	lines := v.render(p, busiest, now, width)
	text := v.home() + strings.Join(lines, "\n") + "\n"
	v.lines = len(lines)
	fmt.Fprint(v.out, text)
}

// render makes the lines of a view, none wider than the screen.
func (v *view) render(p deck.Progress, busiest []deck.TopicProgress, rate float64, width int) []string {
	part := ""
	if p.Part > 0 {
		part = fmt.Sprintf(", part %d", p.Part)
	}
	lines := []string{
		v.style("1", cut(fmt.Sprintf("● %s  %s%s  %s", elapsed(p.Elapsed), p.Path, part, bytesText(p.TapeBytes)), width)),
		cut(fmt.Sprintf("  %s messages  %.0f/s %s  %s topics", thousands(p.Messages), rate, sparks(v.rates), thousands(uint64(p.Topics))), width),
		v.troubles(p, width),
	}
	for _, s := range p.Sources {
		if !s.Connected && s.Reason != "" {
			name := s.Name
			if name != "" {
				name += ": "
			}
			lines = append(lines, v.style("33", cut("  "+name+"no connection: "+plain(s.Reason), width)))
		}
	}
	if len(busiest) == 0 {
		return lines
	}
	return append(append(lines, ""), v.table(busiest, width)...)
}

// troubles says what was missed, and what waits.
func (v *view) troubles(p deck.Progress, width int) string {
	text := fmt.Sprintf("  %s gaps  %s dropped  %s waiting", thousands(p.Gaps), thousands(p.Dropped), bytesText(int64(p.Queued)))
	if p.Dropped > 0 {
		return v.style("31", cut(text, width))
	}
	return v.style("2", cut(text, width))
}

// table lists topics: how many messages, the name, and what was said last.
func (v *view) table(busiest []deck.TopicProgress, width int) (lines []string) {
	name := 0
	for _, t := range busiest {
		name = max(name, utf8.RuneCountInString(plain(t.Topic)))
	}
	name = min(name, max(width*2/5, 10))
	for _, t := range busiest {
		last := t.Last
		for n := 1; n < utf8.UTFMax && len(t.Last) < t.Size && !utf8.Valid(last); n++ { // a rune may be cut through
			if whole := t.Last[:max(len(t.Last)-n, 0)]; utf8.Valid(whole) {
				last = whole
			}
		}
		lines = append(lines, cut(fmt.Sprintf("%11s  %-*s  %s", thousands(t.Messages), name, cut(plain(t.Topic), name), plain(last)), width))
	}
	return lines
}

func (v *view) style(code, text string) string {
	if v.plain {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// cut keeps a text within a width, in characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}

// sparks draws numbers as little bars, the largest one full.
func sparks(numbers []float64) string {
	const bars = "▁▂▃▄▅▆▇█"
	most := 0.0
	for _, n := range numbers {
		most = max(most, n)
	}
	out := make([]rune, 0, len(numbers))
	for _, n := range numbers {
		level := 0
		if most > 0 {
			level = int(n / most * 7.999)
		}
		out = append(out, []rune(bars)[level])
	}
	return string(out)
}
