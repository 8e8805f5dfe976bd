package cli

import (
	"encoding/hex"
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/spf13/cobra"
)

func (a *app) verifyCommand() *cobra.Command {
	var asJSON, secrets bool
	var rules redactFlags
	cmd := &cobra.Command{
		Use:   "verify TAPE...",
		Short: "Read whole tapes and say what is damaged",
		Long: `verify reads every record of a tape, its side log included. A whole tape gets its
content hash, which two tapes share when they hold the same records. Damage is
listed by chunk, and the exit code is 1.

--secrets looks for secrets in place of damage, by the rules of --redact: what
they would have replaced, and where it stands. If there is any the exit code is
1; "record redact" makes a tape without it.`,
		Example: `  record verify evening.hubtape
  record verify --secrets evening.hubtape
  record verify --secrets --redact places evening.hubtape
  record verify --json *.hubtape`,
		Args: tapes(1, 1<<20, "one tape or more"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !secrets {
				return a.each(args, func(path string) error { return a.verify(path, asJSON) })
			}
			r, err := rules.loadRules()
			if err != nil {
				return err
			}
			if r == nil {
				return usagef("--redact none has no rules to look by; give builtin, places or a FILE")
			}
			return a.each(args, func(path string) error { return a.findSecrets(path, r, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a tape")
	cmd.Flags().BoolVar(&secrets, "secrets", false, "look for secrets")
	rules.registerRules(cmd, "builtin")
	return cmd
}

type damageJSON struct {
	Chunk   *int    `json:"chunk"` // null: outside of all chunks
	First   uint64  `json:"first_record"`
	Lost    uint64  `json:"records"`
	From    float64 `json:"from_seconds"`
	Until   float64 `json:"until_seconds"`
	Message string  `json:"message"`
}

type verifyJSON struct {
	infoJSON
	OK           bool         `json:"ok"`
	WholeChunks  int          `json:"whole_chunks"`
	WholeRecords uint64       `json:"whole_records"`
	ContentHash  string       `json:"content_hash,omitempty"`
	TornBytes    int64        `json:"torn_bytes"`
	Damage       []damageJSON `json:"damage"`
}

func (a *app) verify(path string, asJSON bool) error {
	b := a.newBar("verifying")
	rep, err := recorder.Verify(path, b.at)
	b.end()
	if err != nil {
		return err
	}
	hash := ""
	if rep.OK() {
		hash = hex.EncodeToString(rep.Content[:])
	}
	if asJSON {
		err = printJSON(a.Out, reportJSON(rep, hash))
	} else {
		err = a.printReport(path, rep, hash)
	}
	if err == nil && !rep.OK() {
		err = command.Exit(command.Failed)
	}
	return err
}

func reportJSON(rep recorder.Report, hash string) verifyJSON {
	out := verifyJSON{
		infoJSON: infoOf(rep.Info), OK: rep.OK(), WholeChunks: rep.Chunks, WholeRecords: rep.Records, ContentHash: hash,
		TornBytes: rep.TornBytes, Damage: []damageJSON{},
	}
	for _, d := range rep.Damage {
		j := damageJSON{First: d.First, Lost: d.Lost, From: d.From.Seconds(), Until: d.Until.Seconds(), Message: d.Error()}
		if d.Chunk != recorder.NoChunk {
			j.Chunk = &d.Chunk
		}
		out.Damage = append(out.Damage, j)
	}
	return out
}

func (a *app) printReport(path string, rep recorder.Report, hash string) error {
	var b []byte
	for _, d := range rep.Damage {
		b = fmt.Appendf(b, "%v\n", d)
	}
	if rep.OK() {
		b = fmt.Appendf(b, "%s: whole; %s in %s; content %s\n", path, command.Count(int(rep.Records), "record"), command.Count(rep.Chunks, "chunk"), hash)
	} else {
		b = fmt.Appendf(b, "%s: damaged; %s records in %s chunks are whole; `record salvage %s -o FILE` copies them\n",
			path, thousands(rep.Records), thousands(uint64(rep.Chunks)), path)
	}
	if rep.TornBytes > 0 {
		b = fmt.Appendf(b, "%s: its recorder was killed; the last %d bytes of the side log were being written\n", path, rep.TornBytes)
	}
	_, err := a.Out.Write(b)
	return err
}
