// topics matches topics with filters, and tells whose they are.
const topics = (() => {
  // matches is MQTT's rule; a filter that begins with a wildcard matches no topic
  // that begins with $.
  function matches(filter, topic) {
    const want = filter.split("/"), have = topic.split("/");
    if (topic.startsWith("$") && (want[0] === "#" || want[0] === "+")) return false;
    for (let i = 0; i < want.length; i++) {
      if (want[i] === "#") return true;
      if (i >= have.length || (want[i] !== "+" && want[i] !== have[i])) return false;
    }
    return want.length === have.length;
  }

  // chooser makes a test of topics from what somebody typed: a filter when it has
  // a wildcard as a level, else a part of the topic.
  function chooser(typed) {
    const wanted = typed.trim();
    if (wanted.split("/").some((level) => level === "+" || level === "#")) return (topic) => matches(wanted, topic);
    const part = wanted.toLowerCase();
    return (topic) => topic.toLowerCase().includes(part);
  }

  const Z2M = /^(?!bridge(?:\/|$))(.+?)\/(set|get|availability)((?:\/.+)?)$/s;

  // device returns the device of a topic, and what the topic says of it.
  function device(topic, zigbeeBases) {
    const levels = topic.split("/");
    const at = (from, to) => ({ device: levels.slice(from, to).join("/"), rest: levels.slice(to).join("/") });
    const first = levels[0];
    if (levels.length > 1 && zigbeeBases.has(first)) return zigbee(first, levels.slice(1).join("/"));
    if (levels.length > 1 && /^(cmnd|stat|tele)$/.test(first)) {
      return { device: levels[1], rest: [first, ...levels.slice(2)].join("/") };
    }
    if (levels.length > 3 && /^[NWR]$/.test(first)) {
      return { device: levels.slice(2, 4).join("/"), rest: [first, ...levels.slice(4)].join("/") };
    }
    if (first === "shellies" && levels.length > 1) return at(1, 2);
    if (first === "homeassistant" || first.startsWith("$")) return at(0, 1);
    return at(0, Math.max(1, Math.min(2, levels.length - 1)));
  }

  function zigbee(base, below) {
    if (/^bridge(\/|$)/.test(below)) return { device: base + "/bridge", rest: below.slice(7) };
    const m = Z2M.exec(below);
    return m ? { device: m[1], rest: m[2] + m[3] } : { device: below, rest: "" };
  }

  // zigbeeBases are the first levels below which there is a bridge of Zigbee2MQTT.
  function zigbeeBases(list) {
    const bases = new Set(["zigbee2mqtt"]);
    for (const topic of list) {
      const m = /^([^/]+)\/bridge\/(state|info|devices|groups|logging)$/.exec(topic);
      if (m) bases.add(m[1]);
    }
    return bases;
  }

  // isCommand says that what is said there is an order, not how something is.
  const COMMAND = /(^(cmnd|W|R)\/)|\/(set|get|command|rpc)(\/|$)|\/request\//;
  const isCommand = (topic) => COMMAND.test(topic);

  const order = new Intl.Collator("en", { numeric: true });

  return { matches, chooser, device, zigbeeBases, isCommand, compare: (a, b) => order.compare(a, b) };
})();
