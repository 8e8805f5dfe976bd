package scenarios

import (
	"encoding/json"
	"slices"
	"strings"
)

// unquoted warns of texts that YAML 1.1 takes for true or false, and of quotes
// that no YAML takes for quotes.
func (r *reader) unquoted(n *node) {
	if n.kind == kindScalar && n.style == plainStyle {
		switch {
		case oldBoolean(n.text):
			r.warn(n.Pos, "%s without quotes is the text %q here, and true or false to other readers of YAML; write %q", n.text, n.text, n.text)
		case strings.HasPrefix(n.text, "“"), strings.HasPrefix(n.text, "”"), strings.HasPrefix(n.text, "„"), strings.HasPrefix(n.text, "‘"):
			r.warn(n.Pos, `the quotes of %s are a part of the text; those of YAML are " and '`, shorten(n.text))
		}
	}
	for _, item := range n.items {
		r.unquoted(item)
	}
	for _, f := range n.fields {
		r.unquoted(f.value)
	}
}

// oldBoolean reports whether a text is a boolean of YAML 1.1 and not of 1.2.
func oldBoolean(s string) bool {
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF":
		return true
	}
	return false
}

// Keys with topics and filters, keys with anything, and first levels that no
// hub begins with a slash.
var (
	topicKeys = []string{"topic", "command_topic", "state_topic", "feed", "exclude", "app_outputs", "topics", "subscribed"}
	freeKeys  = []string{"json", "params", "state", "env"}
	hubLevels = []string{"zigbee2mqtt", "homeassistant", "shellies", "tasmota", "cmnd", "stat", "tele", "homie", "esphome"}
)

// topics warns of topics that look like those of another system.
func (r *reader) topics(n *node) {
	for _, item := range n.items {
		r.topics(item)
	}
	for _, f := range n.fields {
		switch key := f.key.text; {
		case key == "json":
			r.textForJSON(f.value)
		case slices.Contains(topicKeys, key):
			r.topic(f.value)
		case !slices.Contains(freeKeys, key):
			r.topics(f.value)
		}
	}
}

func (r *reader) topic(n *node) {
	for _, item := range n.items {
		r.topic(item)
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(n.text, "/"), "/")
	switch {
	case strings.Contains(n.text, "*"):
		r.warn(n.Pos, "* in %s is a plain character: MQTT has + for one level and # for all that follow", shorten(n.text))
	case strings.HasPrefix(n.text, "/") && slices.Contains(hubLevels, first):
		r.warn(n.Pos, "%s begins with /, so its first level is empty, and it is another topic than %s", shorten(n.text), shorten(n.text[1:]))
	}
}

// textForJSON warns of JSON in quotes, which is a text in JSON.
func (r *reader) textForJSON(n *node) {
	if n.kind == kindScalar && n.style != plainStyle && strings.HasPrefix(n.text, "{") && json.Valid([]byte(n.text)) {
		r.warn(n.Pos, "json in quotes is one JSON text, with quotes in the message; leave the quotes out, or write it as payload")
	}
}
