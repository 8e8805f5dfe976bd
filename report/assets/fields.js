// fields finds what a topic's payloads say, and how that changed.
const fields = (() => {
  const SAMPLE = 150; // messages that are looked at to find the fields
  const LARGE = 64 << 10; // bytes; payloads above it have no fields
  const MOST = 60; // fields of a topic
  const WHOLE = ""; // the path of a payload that is one value

  // Fields that change all the time and say little, and those that say most.
  const NOISE = /(^|[._])(link_?quality|rssi|snr|last_?seen|time|timestamp|ts|date|uptime\w*|elapsed|seq|sequence\w*|msg|message_?id|id|transaction|update\w*|counter|vcc|heap|loadavg|sleep\w*|version\w*)($|[._])|_(id|at|ms|ns)$|(Id|ID|MS|NS|Time)$/i;
  const TELLING = /^(payload|state|power\d*|occupancy|contact|presence|motion|water_leak|smoke|gas|action|alarm|value|temperature|local_temperature|humidity|position|lock_state|output|illuminance\w*|brightness|co2|speed|level|ison|online)$/i;

  const FIRST = /^(payload|state|occupancy|contact|presence|motion|water_leak|smoke|gas|action|alarm|lock_state)$/i;

  // parse returns the value of a payload: of JSON, else the text; undefined when
  // there is none.
  function parse(bytes) {
    if (bytes.length === 0) return null;
    if (bytes.length > LARGE) return undefined;
    const s = text.decode(bytes);
    if (s === null) return undefined;
    const c = bytes[0];
    if (c === 0x7b || c === 0x5b || c === 0x22 || c === 0x2d || (c >= 0x30 && c <= 0x39) || s === "true" || s === "false" || s === "null") {
      try {
        return JSON.parse(s);
      } catch { /* text, then */ }
    }
    return s;
  }

  const isLeaf = (v) => v === null || typeof v !== "object";

  // each calls back with the path of each value in v, names joined by dots.
  function each(v, path, depth, tell) {
    if (isLeaf(v)) return tell(path, v);
    if (depth > 3) return;
    for (const key of Object.keys(v).slice(0, MOST)) {
      if (Array.isArray(v) && v.length > 4) return;
      each(v[key], path ? `${path}.${key}` : key, depth + 1, tell);
    }
  }

  // at returns the value at a path, undefined when there is none.
  function at(v, path) {
    if (path === WHOLE) return isLeaf(v) ? v : undefined;
    return down(v, path.split("."), 0);
  }

  // Names may hold dots themselves, so that what is left is tried as one first.
  function down(v, names, from) {
    if (from === names.length) return isLeaf(v) ? v : undefined;
    if (v === null || typeof v !== "object") return undefined;
    for (let to = from + 1; to <= names.length; to++) {
      const name = names.slice(from, to).join(".");
      if (Object.hasOwn(v, name)) return down(v[name], names, to);
    }
    return undefined;
  }

  // survey looks at some of n payloads, and returns the fields, the most telling
  // first: [{path, score}].
  function survey(n, payload) {
    const found = new Map();
    const step = Math.max(1, n / SAMPLE);
    for (let i = 0; i < n; i += step) {
      const v = parse(payload(Math.floor(i)));
      if (v === undefined || v === null) continue;
      each(v, WHOLE, 0, (path, value) => note(found, path, value));
    }
    const list = [...found.entries()].map(([path, f]) => ({ path, score: score(path, f) }));
    return list.sort((a, b) => b.score - a.score || topics.compare(a.path, b.path));
  }

  function note(found, path, value) {
    let f = found.get(path);
    if (!f) {
      if (found.size >= MOST) return;
      found.set(path, (f = { n: 0, changes: 0, last: undefined, distinct: new Set(), longest: 0 }));
    }
    f.n++;
    if (f.n > 1 && f.last !== value) f.changes++;
    f.last = value;
    if (typeof value === "string") f.longest = Math.max(f.longest, value.length);
    if (f.distinct.size < 30) f.distinct.add(value);
  }

  function score(path, f) {
    const name = path.split(".").pop() || "payload";
    let s = Math.min(f.changes, 40);
    if (TELLING.test(name)) s += 50 - 5 * path.split(".").length;
    if (FIRST.test(name)) s += 25;
    if (NOISE.test(path)) s -= 200;
    if (typeof f.last === "string" && f.distinct.size > 12) s -= 100; // no state, but a text
    if (f.longest > 60) s -= 100;
    if (f.last === null && f.distinct.size === 1) s -= 100;
    return s;
  }

  // chosen is what is drawn of a topic unless somebody asks for more.
  function chosen(list) {
    return list.length > 0 && list[0].score > 0 ? [list[0].path] : [];
  }

  // A Series is how a field changed: at[i] is when it became value[i]. It is read a
  // piece at a time, since there may be very many messages.
  class Series {
    constructor(path, times, payload) {
      this.path = path;
      this.times = times;
      this.payload = payload;
      this.next = 0;
      this.at = [];
      this.values = [];
      this.range = { low: Infinity, high: -Infinity }; // of the numbers
      this.numbers = 0;
      this.words = 0;
      this.done = false;
    }

    // read goes on until the deadline, and reports whether it is through.
    read(deadline) {
      while (this.next < this.times.length) {
        const i = this.next++;
        this.add(this.times[i], this.valueOf(this.payload(i)));
        if (i % 64 === 0 && performance.now() > deadline) return false;
      }
      return (this.done = true);
    }

    // valueOf is null where a payload says that there is no value (any more), and
    // undefined where it says nothing of it.
    valueOf(payload) {
      if (payload.length === 0) return null;
      const v = parse(payload);
      return v === undefined ? undefined : at(v, this.path);
    }

    add(time, value) {
      if (value === undefined) return;
      if (typeof value === "number") this.#number(value);
      else if (value !== null) this.words++;
      const last = this.values.length - 1;
      if (last >= 0 && this.values[last] === value) return;
      this.at.push(time);
      this.values.push(value);
    }

    get isLine() {
      return this.numbers > this.words;
    }

    #number(value) {
      this.numbers++;
      this.range.low = Math.min(this.range.low, value);
      this.range.high = Math.max(this.range.high, value);
    }

    // index is the last change at or before a time; -1: none.
    index(time) {
      return scale.above(this.at, time) - 1;
    }
  }

  return { WHOLE, parse, at, survey, chosen, Series };
})();
