package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/hubtape/hubtape/recorder"
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

func (a *app) infoCommand() *cobra.Command {
	var asJSON, topics bool
	cmd := &cobra.Command{
		Use:   "info TAPE...",
		Short: "Say what is on a tape",
		Example: `  record info evening.hubtape
  record info --topics evening.hubtape
  record info --json *.hubtape`,
		Args: tapes(1, 1<<20, "one tape or more"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.each(args, func(path string) error { return a.info(path, asJSON, topics) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a tape")
	cmd.Flags().BoolVar(&topics, "topics", false, "list the topics, with how many records have each")
	return cmd
}

type topicJSON struct {
	Topic   string `json:"topic"`
	Records uint64 `json:"records"`
}

func (a *app) info(path string, asJSON, withTopics bool) error {
	t, err := recorder.Open(path)
	if err != nil {
		return err
	}
	defer t.Close()
	i := t.Info()
	var topics []recorder.TopicInfo
	if withTopics {
		if topics, err = t.Topics(); err != nil {
			return err
		}
	}
	if asJSON {
		out := struct {
			infoJSON
			TopicList []topicJSON `json:"topic_list,omitempty"`
		}{infoJSON: infoOf(i)}
		for _, tp := range topics {
			out.TopicList = append(out.TopicList, topicJSON(tp))
		}
		err = printJSON(a.Out, out)
	} else {
		err = printInfo(a.Out, i, topics)
	}
	if err == nil && i.Damage != nil {
		err = i.Damage
	}
	return err
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func printInfo(w io.Writer, i recorder.Info, topics []recorder.TopicInfo) error {
	start := "not known"
	if i.Start.UnixNano() != 0 {
		start = i.Start.Format(time.RFC3339Nano)
	}
	state := "closed"
	if !i.Clean {
		state = "not closed: its recorder was killed; the side log holds its end"
	}
	b := fmt.Appendf(nil, "tape      %s\nstart     %s\nduration  %v\nrecords   %s\nmessages  %s, %s of payloads\ntopics    %s\ngaps      %d\nsittings  %d\nchunks    %d\nsize      %s\nformat    %d\nstate     %s\n",
		i.Path, start, i.Duration, thousands(i.Records), thousands(i.Messages), bytesText(int64(i.Bytes)), thousands(uint64(i.Topics)),
		i.Gaps, i.Sittings, i.Chunks, bytesText(i.FileBytes), i.Version, state)
	if i.TornBytes > 0 {
		b = fmt.Appendf(b, "torn      the last %d bytes of the side log were being written at the kill\n", i.TornBytes)
	}
	for _, l := range i.Labels {
		b = fmt.Appendf(b, "label     %s=%s\n", plain(l.Key), plain(l.Value))
	}
	for _, t := range topics {
		b = fmt.Appendf(b, "topic     %9s  %s\n", thousands(t.Records), plain(t.Topic))
	}
	_, err := w.Write(b)
	return err
}
