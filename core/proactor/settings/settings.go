package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core/proactor/logs"
)

// Settings are a proactor's. Default makes them.
type Settings struct {
	// Paths are its folders and files.
	Paths Paths `setting:"paths"`
	// MQTTBrokers are brokers by their names in Links.
	MQTTBrokers map[string]MQTTClient `setting:"mqtt_brokers"`
	// Links are those to other proactors, by name.
	Links map[string]Link `setting:"links"`
	// LinkPoll is after how long without sending a link is pinged.
	LinkPoll time.Duration `setting:"mqtt_link_poll_seconds"`
	// ReconnectMax is the longest pause between two attempts to connect, which
	// begin with 2 s and double. After that they begin anew.
	ReconnectMax time.Duration `setting:"mqtt_reconnect_max_seconds"`
	// AckTimeout is how long an ack is waited for.
	AckTimeout time.Duration `setting:"ack_timeout_seconds"`
	// InitialReuploads is how many stored events are sent at once when a link
	// becomes active; at least 1.
	InitialReuploads int `setting:"num_initial_event_reuploads"`
	// Logging is what is logged, and where to.
	Logging Logging `setting:"logging"`
}

// Link is one to another proactor.
type Link struct {
	// Broker is the name of its broker.
	Broker  string `setting:"broker_name"`
	Enabled bool   `setting:"enabled"`
	// PeerLongName is whom its messages come from, PeerShortName whom ours go to.
	PeerLongName  string `setting:"peer_long_name"`
	PeerShortName string `setting:"peer_short_name"`
	// SubscriptionShortName is what the peer calls us in topics.
	SubscriptionShortName string `setting:"link_subscription_short_name"`
	// Upstream is the link that events go to; Downstream is one they come from.
	Upstream   bool `setting:"upstream"`
	Downstream bool `setting:"downstream"`
}

// SetDefaults makes a link enabled.
func (l *Link) SetDefaults() { *l = Link{Enabled: true} }

// Logging is what is logged, and where to.
type Logging struct {
	// Base is the name of the general log.
	Base string `setting:"base_log_name"`
	// Level is that of the general log.
	Level logs.Level `setting:"base_log_level"`
	// Levels are those of the categories.
	Levels LogLevels `setting:"levels"`
	// File is the log's, in the folder of logs.
	File LogFile `setting:"file_handler"`
}

// LogLevels are those of the categories that are always there.
type LogLevels struct {
	MessageSummary logs.Level `setting:"message_summary"`
	Lifecycle      logs.Level `setting:"lifecycle"`
	CommEvent      logs.Level `setting:"comm_event"`
}

// LogFile is a log's, which rolls over.
type LogFile struct {
	Name     string `setting:"filename"`
	BytesMax int64  `setting:"bytes_per_log_file"`
	CountMax int    `setting:"num_log_files"`
}

// LogLevels are the levels as package logs takes them.
func (l Logging) LogLevels() logs.Levels {
	return logs.Levels{General: l.Level, MessageSummary: l.Levels.MessageSummary, Lifecycle: l.Levels.Lifecycle, CommEvent: l.Levels.CommEvent}
}

// Default are the settings of somebody who says nothing.
func Default() Settings {
	levels := logs.DefaultLevels()
	return Settings{
		Paths:            Paths{Base: "gridworks", Name: "proactor"},
		LinkPoll:         time.Minute,
		ReconnectMax:     1024 * time.Second,
		AckTimeout:       5 * time.Second,
		InitialReuploads: 5,
		Logging: Logging{
			Base:   "gridworks",
			Level:  levels.General,
			Levels: LogLevels{MessageSummary: levels.MessageSummary, Lifecycle: levels.Lifecycle, CommEvent: levels.CommEvent},
			File:   LogFile{Name: "proactor.log", BytesMax: 2 << 20, CountMax: 10},
		},
	}
}

// Complete fills in the paths that nobody gave: first the folders, then the TLS
// files of each broker.
func (s *Settings) Complete(getenv func(name string) string) {
	s.Paths.complete(getenv)
	s.MQTTBrokers = maps.Clone(s.MQTTBrokers)
	for _, name := range slices.Sorted(maps.Keys(s.MQTTBrokers)) {
		client := s.MQTTBrokers[name]
		client.TLS.Paths.complete(s.Paths.Certs, name)
		s.MQTTBrokers[name] = client
	}
}

// Check reports what makes no sense, by the path of the setting.
func (s *Settings) Check(bad func(path, what string)) {
	s.Paths.check(bad)
	positive(bad, "mqtt_link_poll_seconds", s.LinkPoll)
	positive(bad, "mqtt_reconnect_max_seconds", s.ReconnectMax)
	positive(bad, "ack_timeout_seconds", s.AckTimeout)
	positive(bad, "num_initial_event_reuploads", s.InitialReuploads)
	positive(bad, "logging.file_handler.bytes_per_log_file", s.Logging.File.BytesMax)
	positive(bad, "logging.file_handler.num_log_files", s.Logging.File.CountMax)
	for _, name := range slices.Sorted(maps.Keys(s.MQTTBrokers)) {
		s.MQTTBrokers[name].check("mqtt_brokers."+name, bad)
	}
	s.checkLinks(bad)
}

func (s *Settings) checkLinks(bad func(path, what string)) {
	var up, down string // the links with that role so far
	for _, name := range slices.Sorted(maps.Keys(s.Links)) {
		l, path := s.Links[name], "links."+name
		if l.Upstream && l.Downstream {
			bad(path+".upstream", "a link cannot be both upstream and downstream")
		}
		if !l.Enabled {
			continue
		}
		if _, ok := s.MQTTBrokers[l.Broker]; !ok {
			bad(path+".broker_name", fmt.Sprintf("there is no broker %q: add it to mqtt_brokers, or set enabled=false", l.Broker))
		}
		l.checkNames(path, bad)
		once(bad, path+".upstream", l.Upstream, &up, name)
		once(bad, path+".downstream", l.Downstream, &down, name)
	}
}

// checkNames makes sure that topics can be made of a link's names.
func (l Link) checkNames(path string, bad func(path, what string)) {
	for _, n := range []struct{ path, name, what string }{
		{"peer_long_name", l.PeerLongName, "whom its messages come from"},
		{"peer_short_name", l.PeerShortName, "whom messages go to"},
		{"link_subscription_short_name", l.SubscriptionShortName, "what the peer calls us"},
	} {
		switch {
		case n.name == "":
			bad(path+"."+n.path, "it is empty: it says "+n.what)
		case strings.ContainsAny(n.name, "/+#\x00"):
			bad(path+"."+n.path, fmt.Sprintf("%q cannot be a part of a topic: it has one of / + #", n.name))
		}
	}
}

// once makes sure that one link at most has a role.
func once(bad func(path, what string), path string, has bool, first *string, name string) {
	switch {
	case has && *first != "":
		bad(path, fmt.Sprintf("link %q has that role already: only one can", *first))
	case has:
		*first = name
	}
}

func positive[N int | int64 | time.Duration](bad func(path, what string), path string, n N) {
	if n <= 0 {
		bad(path, "it has to be more than 0")
	}
}
