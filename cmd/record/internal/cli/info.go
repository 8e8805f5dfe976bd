package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/conventions"
	"github.com/spf13/cobra"
)

// infoJSON is what `info --json` and `verify --json` say of a tape.
type infoJSON struct {
	Path      string            `json:"path"`
	Version   int               `json:"version"`
	ID        string            `json:"id"`
	Program   string            `json:"program,omitempty"`
	Start     *time.Time        `json:"start"` // null: not known
	Seconds   float64           `json:"seconds"`
	Records   uint64            `json:"records"`
	Messages  uint64            `json:"messages"`
	Bytes     uint64            `json:"payload_bytes"`
	Topics    int               `json:"topics"`
	Gaps      uint64            `json:"gaps"`
	Sittings  int               `json:"sittings"`
	Chunks    int               `json:"chunks"`
	FileBytes int64             `json:"file_bytes"`
	Clean     bool              `json:"clean"`
	Labels    map[string]string `json:"labels"`
}

func infoOf(i recorder.Info) infoJSON {
	j := infoJSON{
		Path: i.Path, Version: i.Version, ID: i.ID, Program: i.Program, Seconds: i.Duration.Seconds(), Records: i.Records,
		Messages: i.Messages, Bytes: i.Bytes, Topics: i.Topics, Gaps: i.Gaps, Sittings: i.Sittings, Chunks: i.Chunks,
		FileBytes: i.FileBytes, Clean: i.Clean, Labels: make(map[string]string, len(i.Labels)),
	}
	if i.Start.UnixNano() != 0 {
		j.Start = &i.Start
	}
	for _, l := range i.Labels {
		j.Labels[l.Key] = l.Value
	}
	return j
}

// gapJSON is a stretch in which a hub was not heard.
type gapJSON struct {
	From   float64 `json:"from_seconds"`
	Until  float64 `json:"until_seconds"`
	Reason string  `json:"reason"`
}

type topicJSON struct {
	Topic   string `json:"topic"`
	Records uint64 `json:"records"`
}

type conventionJSON struct {
	Name    string `json:"name"`
	Base    string `json:"base,omitempty"`
	Topics  int    `json:"topics"`
	Devices int    `json:"devices,omitempty"`
}

// survey is what info says of a tape.
type survey struct {
	infoJSON
	Rate        float64          `json:"messages_per_second"` // over the whole tape
	GapSeconds  float64          `json:"gap_seconds"`
	GapList     []gapJSON        `json:"gap_list"`
	Conventions []conventionJSON `json:"conventions"`
	TopicList   []topicJSON      `json:"topic_list,omitempty"`

	info recorder.Info
}

func (a *app) infoCommand() *cobra.Command {
	var asJSON, topics, gaps bool
	cmd := &cobra.Command{
		Use:   "info TAPE...",
		Short: "Say what is on a tape",
		Long: `info says what is on a tape: how much, how long, what was missed, and whose
conventions its topics follow (Zigbee2MQTT, Home Assistant, Tasmota, Shelly,
Victron and others).`,
		Example: `  record info evening.hubtape
  record info --topics --gaps evening.hubtape
  record info --json *.hubtape`,
		Args: tapes(1, 1<<20, "one tape or more"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.each(args, func(path string) error { return a.info(path, asJSON, topics, gaps) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a tape")
	cmd.Flags().BoolVar(&topics, "topics", false, "list the topics, with how many records have each, and how many an hour that is")
	cmd.Flags().BoolVar(&gaps, "gaps", false, "list all gaps, not only the first ones")
	return cmd
}

// gapsShown is how many gaps info lists unless it is asked for all.
const gapsShown = 5

func (a *app) info(path string, asJSON, withTopics, allGaps bool) error {
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	s, err := look(t)
	if err != nil {
		return err
	}
	switch {
	case asJSON:
		if !withTopics {
			s.TopicList = nil
		}
		err = printJSON(a.Out, s)
	default:
		b := appendInfo(nil, s)
		b = appendGaps(b, s, allGaps)
		if withTopics {
			b = appendTopics(b, s)
		}
		_, err = a.Out.Write(b)
	}
	if damage := s.info.Damage; err == nil && damage != nil {
		err = damage
	}
	return err
}

// look reads the index of a tape, and the chunks with gaps.
func look(t *recorder.Tape) (s survey, err error) {
	s = survey{info: t.Info(), GapList: []gapJSON{}, Conventions: []conventionJSON{}}
	s.infoJSON = infoOf(s.info)
	if s.Seconds > 0 {
		s.Rate = float64(s.Messages) / s.Seconds
	}
	topics, err := t.Topics()
	if err != nil {
		return s, err
	}
	names := make([]string, 0, len(topics))
	for _, tp := range topics {
		s.TopicList = append(s.TopicList, topicJSON(tp))
		names = append(names, tp.Topic)
	}
	for _, c := range conventions.Find(names) {
		s.Conventions = append(s.Conventions, conventionJSON(c))
	}
	c := t.Cursor(recorder.Query{Kinds: []recorder.Kind{recorder.KindGap}})
	for c.Next() {
		from, until := c.Record().Gap()
		s.GapSeconds += (until - from).Seconds()
		s.GapList = append(s.GapList, gapJSON{From: from.Seconds(), Until: until.Seconds(), Reason: c.Record().Text})
	}
	if s.info.Damage != nil {
		return s, nil // told at the end
	}
	return s, c.Err()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func appendInfo(b []byte, s survey) []byte {
	i := s.info
	start := "not known"
	if i.Start.UnixNano() != 0 {
		start = i.Start.Format(time.RFC3339Nano)
	}
	state := "closed"
	if !i.Clean {
		state = "not closed: its recorder was killed; the side log holds its end"
	}
	b = fmt.Appendf(b, "tape      %s\nstart     %s\nduration  %v\nrecords   %s\nmessages  %s, %s of payloads, %s\ntopics    %s\n",
		i.Path, start, i.Duration, thousands(i.Records), thousands(i.Messages), bytesText(int64(i.Bytes)), rateText(s.Rate), thousands(uint64(i.Topics)))
	for _, c := range s.Conventions {
		b = fmt.Appendf(b, "hub       %s\n", conventionText(c))
	}
	b = fmt.Appendf(b, "sittings  %d\nchunks    %d\nsize      %s\nformat    %d\nstate     %s\n", i.Sittings, i.Chunks, bytesText(i.FileBytes), i.Version, state)
	if i.TornBytes > 0 {
		b = fmt.Appendf(b, "torn      the last %d bytes of the side log were being written at the kill\n", i.TornBytes)
	}
	for _, l := range i.Labels {
		b = fmt.Appendf(b, "label     %s=%s\n", plain(l.Key), plain(l.Value))
	}
	return b
}

// rateText says how often in the unit in which it is a number to remember.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.1f/min", perSecond*60)
	}
	return fmt.Sprintf("%.1f/h", perSecond*3600)
}

func conventionText(c conventionJSON) string {
	text := c.Name
	if c.Base != "" {
		text += " below " + plain(c.Base)
	}
	if c.Devices > 0 {
		text += ", " + command.Count(c.Devices, "device")
	}
	return text + ", " + command.Count(c.Topics, "topic")
}

func appendGaps(b []byte, s survey, all bool) []byte {
	if len(s.GapList) == 0 {
		return append(b, "gaps      0\n"...)
	}
	b = fmt.Appendf(b, "gaps      %d, %v in all\n", len(s.GapList), time.Duration(s.GapSeconds*1e9).Round(time.Millisecond))
	for n, g := range s.GapList {
		if n == gapsShown && !all {
			return fmt.Appendf(b, "          and %d more; --gaps lists them\n", len(s.GapList)-n)
		}
		from := time.Duration(g.From * 1e9)
		b = fmt.Appendf(b, "gap       at %v for %v: %s\n", from.Round(time.Millisecond), (time.Duration(g.Until*1e9) - from).Round(time.Millisecond), plain(g.Reason))
	}
	return b
}

func appendTopics(b []byte, s survey) []byte {
	for _, t := range s.TopicList {
		rate := ""
		if s.Seconds > 0 {
			rate = rateText(float64(t.Records) / s.Seconds)
		}
		b = fmt.Appendf(b, "topic     %9s  %10s  %s\n", thousands(t.Records), rate, plain(t.Topic))
	}
	return b
}
