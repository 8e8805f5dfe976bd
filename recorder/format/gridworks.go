package format

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hubtape/hubtape/recorder"
	"github.com/tidwall/gjson"
)

// gridworks is what GridWorks captures, one JSON object a line, or a list of
// them: messages with the second since 1970,
//
//	{"t":1763649226.5,"topic":"gw/scada/to/a/report","payload":"…"}
//
// or what RabbitMQ's firehose said, whose routing keys are topics with dots for
// slashes. A message with several keys is one record for each. User is the
// client; the exchange is not kept.
//
//	{"CapturedUnixMs":1763649226500,"Exchange":"…","RoutingKeys":["gw.scada.to.a.report"],"User":"…","PayloadText":"…","PayloadB64":null}
var gridworks = Format{
	Name:  "gridworks",
	About: "captures of GridWorks and of RabbitMQ's firehose",
	Matches: func(head []byte) bool {
		keys := topKeys(head)
		return isGridworks(head) || keys["CapturedUnixMs"] || keys["RoutingKeys"]
	},
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source { return &gridworksSource{common: c, lines: newLines(r, c)} })
	},
}

// isGridworks knows a line of either kind. hubtape's own lines have "t" too, as
// seconds since the start, and always a QoS.
func isGridworks(head []byte) bool {
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	if gjson.GetBytes(head, "CapturedUnixMs").Exists() || gjson.GetBytes(head, "RoutingKeys").Exists() {
		return true
	}
	t := gjson.GetBytes(head, "t")
	if t.Type != gjson.Number || gjson.GetBytes(head, "qos").Exists() || gjson.GetBytes(head, "tst").Exists() || !gjson.GetBytes(head, "topic").Exists() {
		return false
	}
	ns, err := parseEpoch(t.Raw, false)
	return err == nil && isEpoch(ns)
}

type gridworksSource struct {
	*common
	lines *lines
	list  *jsonStream // nil: it is one object a line
	open  bool
	line  int

	last recorder.Record // of which there is one for each of keys
	when moment
	keys []string
}

func (s *gridworksSource) began() int { return s.line }

func (s *gridworksSource) next(r *recorder.Record) (moment, error) {
	if len(s.keys) == 0 {
		object, err := s.object()
		if err != nil {
			return moment{}, err
		}
		s.last = *r
		if err := s.parse(object); err != nil {
			s.keys = nil
			return moment{}, s.bad(s.line, err)
		}
	}
	*r = s.last
	r.Topic, s.keys = s.keys[0], s.keys[1:]
	return s.when, nil
}

// object returns the next one, as a line or from the list.
func (s *gridworksSource) object() ([]byte, error) {
	if !s.open {
		head, err := s.lines.head()
		if err != nil {
			return nil, err
		}
		s.open = true
		if len(head) > 0 && head[0] == '[' {
			s.list = newJSONStream(s.lines.in, s.common)
			if err := s.list.want('['); err != nil {
				return nil, s.list.fail(err)
			}
		}
	}
	if s.list == nil {
		line, err := s.lines.text()
		s.line = s.lines.at
		return line, err
	}
	return s.element()
}

func (s *gridworksSource) element() ([]byte, error) {
	if s.list.broken {
		return nil, io.EOF
	}
	if s.list.dec.More() {
		raw, err := s.list.value()
		if s.line = s.list.line; err != nil {
			return nil, s.list.fail(err)
		}
		return raw, nil
	}
	if err := s.list.want(']'); err != nil {
		return nil, s.list.fail(err)
	}
	if _, err := s.list.token(); !errors.Is(err, io.EOF) {
		return nil, s.list.fail(errNoList)
	}
	s.list.broken = true
	return nil, io.EOF
}

func (s *gridworksSource) parse(object []byte) error {
	r := &s.last
	s.when = moment{}
	var plain, coded gjson.Result
	err := lineObject(object, func(key string, v gjson.Result) (err error) {
		switch key {
		case "t":
			s.when, err = epoch(v, false)
		case "CapturedUnixMs":
			s.when, err = epoch(v, true)
		case "topic":
			var topic string
			topic, err = text(v)
			s.keys = []string{topic}
		case "RoutingKeys":
			s.keys, err = routedTopics(v)
		case "User":
			r.Client, err = textOrNull(v)
		case "payload", "PayloadText":
			plain = v
		case "PayloadB64":
			coded = v
		case "qos":
			s.flagged = true
			r.QoS, err = qos(v)
		case "retain":
			s.flagged = true
			r.Retain, err = truth(v)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(s.keys) == 0 {
		return errors.New("it has neither a topic nor a routing key")
	}
	r.Payload, err = gridworksPayload(plain, coded)
	return err
}

// epoch reads a number of seconds or milliseconds since 1970; null is no time.
func epoch(v gjson.Result, millis bool) (moment, error) {
	if v.Type == gjson.Null {
		return moment{}, nil
	}
	if v.Type != gjson.Number {
		return moment{}, fmt.Errorf("%s is no number", short(v.Raw))
	}
	ns, err := parseEpoch(v.Raw, millis)
	return wallTime(ns), err
}

func routedTopics(v gjson.Result) ([]string, error) {
	var topics []string
	for _, key := range v.Array() {
		topic, err := text(key)
		if err != nil {
			return nil, err
		}
		topics = append(topics, strings.ReplaceAll(topic, ".", "/"))
	}
	return topics, nil
}

// gridworksPayload prefers what is exact.
func gridworksPayload(plain, coded gjson.Result) ([]byte, error) {
	switch {
	case coded.Type == gjson.String && coded.Str != "":
		b, err := fromBase64(coded.Str)
		if err != nil {
			return nil, fmt.Errorf(`"PayloadB64": %w`, err)
		}
		return b, nil
	case plain.IsObject() || plain.IsArray():
		return []byte(plain.Raw), nil
	case !plain.Exists() && !coded.Exists():
		return nil, errors.New("it has no payload")
	}
	s, err := textOrNull(plain)
	return []byte(s), err
}
