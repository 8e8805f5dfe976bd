// model is a run as the page draws it: its facts, and its events by topic.
const model = (() => {
  const KINDS = ["message", "will", "snapshot", "connect", "disconnect", "subscribe", "drop", "fault", "note"];
  const [MESSAGE, WILL, SNAPSHOT, CONNECT, DISCONNECT, SUBSCRIBE, DROP, FAULT, NOTE] = KINDS.keys();
  const KIND = { MESSAGE, WILL, SNAPSHOT, CONNECT, DISCONNECT, SUBSCRIBE, DROP, FAULT, NOTE };
  const isMessage = (kind) => kind <= SNAPSHOT;

  // Who speaks, the most important one last: that is the order of drawing.
  const SPEAKERS = ["tape", "scenario", "device", "app"];

  function speaker(source) {
    if (source === "app" || source.startsWith("apps.")) return 3;
    return Math.max(SPEAKERS.indexOf(source), 0);
  }

  // A List is some of the events, in order, with their times.
  class List {
    constructor(events, at) {
      this.events = Uint32Array.from(events);
      this.times = Float64Array.from(this.events, (i) => at[i]);
    }

    get length() {
      return this.events.length;
    }

    // nearest is the event closest to a time, -1 of none.
    nearest(time) {
      const i = scale.below(this.times, time);
      if (this.length === 0) return -1;
      if (i === this.length) return this.events[i - 1];
      return i > 0 && time - this.times[i - 1] < this.times[i] - time ? this.events[i - 1] : this.events[i];
    }

    // step returns the event n places after an event, -1 beyond the ends.
    step(event, n) {
      const i = n > 0 ? scale.above(this.events, event) + n - 1 : scale.below(this.events, event) + n;
      return i >= 0 && i < this.length ? this.events[i] : -1;
    }
  }

  // A Lane is all that was said on a topic.
  class Lane {
    constructor(topic, events, run) {
      this.topic = topic;
      this.run = run;
      this.messages = new List(events.filter((i) => isMessage(run.events.kind[i])), run.events.at);
      this.drops = new List(events.filter((i) => run.events.kind[i] === DROP), run.events.at);
      this.bySpeaker = SPEAKERS.map((_, s) => new List([...this.messages.events].filter((i) => run.speakerOf(i) === s), run.events.at));
      this.isCommand = topics.isCommand(topic);
      this.fields = null; // [{path, score}], once they are known
      this.shown = null; // the paths of those that are drawn
      this.series = new Map(); // by path
      this.payload = (i) => run.payload(this.messages.events[i]);
    }

    // survey finds the fields; it needs the payloads.
    survey() {
      this.fields = fields.survey(this.messages.length, this.payload);
      this.shown = this.isCommand ? [] : fields.chosen(this.fields);
    }

    // seriesOf returns how a field changed, perhaps not read to its end yet.
    seriesOf(path) {
      let s = this.series.get(path);
      if (!s) {
        s = new fields.Series(path, this.messages.times, this.payload);
        this.series.set(path, s);
      }
      return s;
    }
  }

  class Run {
    constructor(index, facts, packed) {
      this.index = index;
      this.facts = facts;
      this.packed = packed; // the elements with events and payloads
      this.events = null;
      this.payloadBytes = null;
    }

    // load reads the events, which is enough to draw; loadPayloads the rest.
    async load() {
      if (this.events || !this.packed.events) return;
      this.events = await blocks.events(this.packed.events);
      const e = this.events;
      this.speakers = Uint8Array.from(e.strings, speaker);
      this.lanes = this.#lanes();
      this.marks = new List(Array.from(e.kind.keys()).filter((i) => !isMessage(e.kind[i])), e.at);
      this.messages = new List(Array.from(e.kind.keys()).filter((i) => isMessage(e.kind[i])), e.at);
    }

    async loadPayloads() {
      if (this.payloadBytes) return;
      if (!this.packed.payloads) throw new Error("its payloads are missing");
      this.payloadBytes = await blocks.payloads(this.packed.payloads);
    }

    // unload gives the memory back.
    unload() {
      this.events = this.payloadBytes = this.lanes = this.marks = this.messages = null;
    }

    #lanes() {
      const e = this.events;
      const byTopic = new Map();
      for (let i = 0; i < e.n; i++) {
        if (e.topic[i] === 0 || !(isMessage(e.kind[i]) || e.kind[i] === DROP)) continue;
        const list = byTopic.get(e.topic[i]);
        if (list) list.push(i);
        else byTopic.set(e.topic[i], [i]);
      }
      const lanes = [...byTopic].map(([topic, events]) => new Lane(e.strings[topic], events, this));
      return lanes.sort((a, b) => topics.compare(a.topic, b.topic));
    }

    speakerOf(i) {
      return this.speakers[this.events.source[i]];
    }

    payload(i) {
      return this.payloadBytes(this.events.payload[i]);
    }

    topicOf(i) {
      return this.events.strings[this.events.topic[i]];
    }

    laneOf(i) {
      const topic = this.topicOf(i);
      return this.lanes.find((lane) => lane.topic === topic) ?? null;
    }

    // event returns all columns of an event.
    event(i) {
      const e = this.events;
      return {
        at: e.at[i], kind: e.kind[i], topic: this.topicOf(i), client: e.strings[e.client[i]],
        source: e.strings[e.source[i]], note: e.strings[e.note[i]], qos: e.flags[i] & 3, retain: (e.flags[i] & 4) !== 0,
      };
    }

    // extent is from when to when the timeline goes.
    get extent() {
      const f = this.facts, e = this.events;
      const first = f.from ?? 0;
      let to = Math.max(f.length, first);
      if (e && e.n) to = Math.max(to, e.at[e.n - 1]);
      for (const s of f.spans ?? []) to = Math.max(to, s.to);
      for (const x of f.failures ?? []) to = Math.max(to, x.at);
      return { from: first, to: to > first ? to : first + text.S };
    }

    // heardUntil is the end of the run, or of what was said: nothing lasts beyond it.
    get heardUntil() {
      return Math.max(this.facts.length, this.messages.times.at(-1) ?? 0);
    }

    // omission is where events were left out: {from, to, count}, or null.
    get omission() {
      const e = this.events;
      if (!e || !e.omitted) return null;
      return { from: e.at[e.head - 1] ?? this.extent.from, to: e.at[e.head] ?? this.extent.to, count: e.omitted };
    }
  }

  // read finds the runs of the page.
  function read() {
    const runs = [];
    for (const block of document.querySelectorAll("script[data-block]")) {
      const name = block.dataset.block;
      const facts = name === "run" && blocks.facts(block);
      if (facts) runs.push(new Run(runs.length, facts, {}));
      else if (runs.length > 0) runs[runs.length - 1].packed[name] = block;
    }
    return runs;
  }

  return { read, KIND, KINDS, SPEAKERS, isMessage };
})();
