package scenarios

import "slices"

// Keys of an automation of Home Assistant, old and new names. A scenario has
// none of them.
var homeAssistantKeys = []string{
	"alias", "trigger", "triggers", "condition", "conditions", "action", "actions", "mode", "initial_state", "trigger_variables", "variables",
	"automation", "blueprint", "use_blueprint", "mqtt", "homeassistant", "platform", "service", "entity_id", "sequence", "script", "sensor", "switch", "light",
}

// homeAssistant is the first key by which a file shows that it was written for
// Home Assistant: `trigger:`, or two of its other keys. A list of automations
// is looked at by its first. It is nil for other files.
func homeAssistant(root *node) *node {
	if root.kind == kindList && len(root.items) > 0 {
		root = root.items[0]
	}
	if root.field("steps") != nil || root.field("tape") != nil {
		return nil
	}
	var first *node
	found := 0
	for _, f := range root.fields {
		if !slices.Contains(homeAssistantKeys, f.key.text) {
			continue
		}
		if first == nil {
			first = f.key
		}
		if found++; f.key.text == "trigger" || f.key.text == "triggers" || f.key.text == "automation" {
			found++
		}
	}
	if found < 2 {
		return nil
	}
	return first
}

// refuseHomeAssistant says what a scenario is instead of naming every key.
func (r *reader) refuseHomeAssistant(key *node) {
	r.fail(key.Pos, "a scenario has a name, an app or exec, a tape, and steps with what must follow; `simrun new TAPE` writes one from a recording",
		"this looks like a Home Assistant file (%s); a scenario is no automation, but a test of one", key.text)
}
