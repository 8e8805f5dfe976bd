package scenarios

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// keyHint says what was probably meant by a key that an object does not have.
func keyHint(n *node, f *field, what string, keys []string) string {
	key := f.key.text
	if owner := ownerOf(n, f, what); owner != "" {
		return fmt.Sprintf("it belongs to %s: indent it further than %s", owner, owner)
	}
	if hint := otherWords[what][strings.ToLower(key)]; hint != "" {
		return hint
	}
	if near, ok := didyoumean.Nearest(key, keys); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "it takes " + strings.Join(keys, ", ")
}

// ownerOf is the key beside a key that it should stand below: `tape:` in a line
// of its own, and `file: x` under it, not indented.
func ownerOf(n *node, stray *field, what string) string {
	for _, f := range n.fields {
		below := keysBelow[f.key.text]
		if what == "a fault" {
			below = keysOfFault(f.key.text)
		}
		if f.value.kind == kindMissing && slices.Contains(below, stray.key.text) {
			return f.key.text
		}
	}
	return ""
}

// keysBelow are the keys of what stands below a key.
var keysBelow = map[string][]string{
	"tape": tapeKeys, "exec": execKeys, "expect": expectKeys, "ready": readyKeys,
	"same_as_tape": sameAsTapeKeys, "golden": goldenKeys, "tolerance": goldenToleranceKeys, "delay": spreadKeys, "by": spreadKeys,
}

// Words that other programs have for what a scenario has, and what to write
// instead, by the object in which they stand.
var otherWords = map[string]map[string]string{
	"a scenario": {
		"automation": "name an automation of this binary with app: NAME", "title": "write name:", "alias": "write name:", "id": "write name:",
		"recording": "write tape: {file: evening.hubtape}", "file": "write tape: {file: evening.hubtape}",
		"expectations": "write expect:", "assert": "write expect:", "command": "write exec: {command: [...]}", "env": "it belongs to exec",
		"app_outputs": "it belongs to tape", "feed": "it belongs to tape", "within": "it belongs to a route_until in steps",
		"publish": "write it as a step, below steps: and after a dash", "route_until": "write it as a step, below steps: and after a dash",
		"same_as_tape": "it belongs to expect", "golden": "it belongs to expect", "ordered": "it belongs to expect",
	},
	"a step": {
		"delay": advanceHint, "wait": advanceHint, "sleep": advanceHint, "pause": advanceHint,
		"wait_for": untilHint, "wait_until": untilHint, "wait_for_trigger": untilHint, "wait_template": untilHint, "until": untilHint,
		"assert": untilHint, "expect": untilHint, "send": "write publish: {topic: a/b, json: {...}}", "message": "write publish: {topic: a/b, json: {...}}",
		"service": serviceHint, "action": serviceHint, "target": serviceHint, "entity_id": serviceHint,
	},
	"publish":     {"message": payloadHint, "value": payloadHint, "body": payloadHint, "retained": "write retain: true"},
	"route_until": withWords(withinHint, conditionWords), "never": withWords(forHint, conditionWords), "count": withWords(forHint, conditionWords),
	"retained": conditionWords, "an expectation": withWords(betweenHint, conditionWords),
	"tape": {
		"path": "write file:", "name": "write file:", "ignore": "write exclude:", "outputs": "write app_outputs:",
		"start": "write from:", "to": "write until:", "end": "write until:", "topics": "write feed:", "topic": "write feed:",
	},
	"a device": {"topic": "a device has a command_topic and a state_topic", "set_topic": "write command_topic:", "latency": "write delay:"},
}

const (
	advanceHint = "to let time pass write advance: 5m"
	untilHint   = "to wait for a message write route_until: {topic: a/b, within: 5s}"
	serviceHint = "a scenario speaks MQTT: write publish: {topic: zigbee2mqtt/lamp/set, json: {state: \"ON\"}}"
	payloadHint = `write json: {state: "ON"}, or payload: "ON" for text`
	withinHint  = "write within: 5s"
	forHint     = "write for: 5m"
	betweenHint = "write between: [0s, 5m]"
)

var conditionWords = map[string]string{"message": payloadHint, "value": payloadHint, "body": payloadHint, "filter": "write topic:", "condition": "write where:"}

// withWords adds the words for a deadline, ours for the others among them.
func withWords(deadline string, words map[string]string) map[string]string {
	out := maps.Clone(words)
	for _, word := range []string{"timeout", "deadline", "in", "within", "for", "between"} {
		out[word] = deadline
	}
	return out
}

// objectHint says how to write as an object what was written otherwise.
func objectHint(n *node, keys []string) string {
	if n.kind == kindList {
		if slices.Contains(keys, "ordered") {
			return "write ordered: above the list, or unordered: or never:, and indent the list below it"
		}
		if len(n.items) == 1 && n.items[0].kind == kindObject {
			return "leave out the dash"
		}
		return "it takes " + strings.Join(keys, ", ")
	}
	for _, key := range []string{"topic", "file", "name"} {
		if n.kind == kindScalar && slices.Contains(keys, key) {
			return fmt.Sprintf("write {%s: %q}", key, shorten(n.text))
		}
	}
	if n.kind == kindScalar && slices.Contains(keys, "command") {
		return fmt.Sprintf("write {command: [%s]}", strings.Join(quoted(strings.Fields(shorten(n.text))), ", "))
	}
	return ""
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return out
}

// example shows a key that something needs.
func example(what, key string) string {
	if what == "golden" {
		return "write file: hallway.golden.jsonl"
	}
	return exampleOf[key]
}

var exampleOf = map[string]string{
	"name": "write name: hall light follows motion", "app": "write app: hallway-light", "command": "write command: [python3, hall.py]",
	"topic": "write topic: zigbee2mqtt/hall_light/set", "command_topic": "write command_topic: zigbee2mqtt/hall_light/set",
	"state_topic": "write state_topic: zigbee2mqtt/hall_light", "file": "write file: evening.hubtape", "listen": "write listen: 127.0.0.1:1883",
	"client": "write client: app", "by": "write by: 1s", "to": `write to: "22:00"`, "min": "write {min: 100ms, max: 300ms}", "max": "write {min: 100ms, max: 300ms}",
	"device": "name one of devices",
}

func booleanHint(text string) string {
	if !oldBoolean(text) && text != "0" && text != "1" {
		return ""
	}
	switch strings.ToLower(text) {
	case "y", "yes", "on", "1":
		return "write true"
	}
	return "write false"
}

// stepHint is for a step that is no object.
func stepHint(n *node) string {
	switch {
	case n.kind == kindScalar && slices.Contains(stepKinds, strings.TrimSuffix(n.text, ":")):
		return "write " + strings.TrimSuffix(n.text, ":") + ": and what it takes"
	case n.kind == kindList:
		return "leave out one dash"
	}
	return ""
}

// filterHint says how to write a filter that was probably meant.
func filterHint(filter string) string {
	switch head, _, _ := strings.Cut(filter, "#"); {
	case filter == "":
		return "# is every topic"
	case head != filter && strings.Trim(head, "+/") != "" && !strings.Contains(strings.Trim(head, "/"), "+"):
		return fmt.Sprintf("for all below it write %q; + is any one level", strings.TrimSuffix(head, "/")+"/#")
	case strings.Contains(filter, "+"):
		return "+ stands for one whole level, as in zigbee2mqtt/+/set"
	}
	return ""
}

func topicHint(topic string) string {
	if strings.ContainsAny(topic, "+#") {
		return "name one topic; for several write several"
	}
	return ""
}

// ratioHint writes as a ratio what was written as a decimal or in percent.
func ratioHint(n *node) string {
	const why = "it is a ratio so that it is the same on every machine"
	if n.kind != kindScalar || len(n.text) > 20 {
		return why
	}
	number, percent := strings.CutSuffix(strings.TrimSpace(n.text), "%")
	if !bareNumber.MatchString(number) {
		return why
	}
	ratio, _ := new(big.Rat).SetString(number) // it is a number
	if percent {
		ratio.Quo(ratio, big.NewRat(100, 1))
	}
	if ratio.Cmp(big.NewRat(1, 1)) > 0 {
		return why
	}
	return "write " + ratio.String() + "; " + why
}
