// runview is the page of one run: its facts, its failures, its timeline, and what is
// looked at in it.
const runview = (() => {
  const PAUSE = 250; // milliseconds after which a movement is part of the address

  class RunView {
    // page: {navigate(place), record(place), link(place)}; a place is {run, failure,
    // from, to, at, message}, times in nanoseconds.
    constructor(run, page) {
      this.run = run;
      this.page = page;
      this.place = { run: run.index };
      this.element = dom.make("div", { class: "run" }, header(run), failures.show(run, (i) => run.packed.events && page.link({ run: run.index, failure: i })));
      this.body = dom.make("div", { class: "work" }, dom.make("p", { class: "empty" }, run.packed.events ? "Reading…" : "Nothing was kept of what happened in this run."));
      this.element.append(this.body);
    }

    // open reads the run; the timeline is there before the payloads are.
    async open(place) {
      await this.run.load();
      if (!this.run.events || this.closed) return;
      this.side = dom.make("aside", { class: "inspector", "aria-label": "Message", hidden: true });
      this.timeline = new timeline.Timeline(this.run, {
        selected: (event) => this.#navigate({ message: event >= 0 ? event : undefined }),
        span: (span) => this.#showSpan(span),
        moved: () => this.#recordLater(),
      });
      dom.replace(this.body, this.timeline.element, this.side);
      this.apply(place, true);
      performance.mark("timeline");
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      await this.run.loadPayloads();
      performance.mark("payloads");
      if (this.closed) return;
      this.timeline.redraw();
      this.#showSelected();
    }

    close() {
      this.closed = true;
      clearTimeout(this.timer);
      this.timeline?.close();
    }

    // apply shows a place in this run.
    apply(place, isFirst = false) {
      const isOther = this.place.failure !== place.failure;
      this.place = place;
      if (!this.timeline) return;
      const failure = this.run.facts.failures?.[place.failure];
      const isAsked = isFirst || isOther || (failure && place.from === undefined);
      if (place.from !== undefined && place.to > place.from) this.timeline.show(place.from, place.to);
      else if (failure) this.#focus(failure, isFirst);
      else if (place.at !== undefined) this.#around(place.at, isFirst);
      else if (!isFirst) this.timeline.fit();
      if (isAsked) this.timeline.concern(failure);
      this.#showSelected();
      if (failure && isAsked) this.timeline.element.scrollIntoView({ block: "end", behavior: "instant" });
    }

    // focus shows when a failure was, from the last that was said before it on the
    // topics concerned.
    #focus(failure, atOnce) {
      const { from, to } = this.#windowOf(failure);
      const begin = Math.min(from, this.#lastBefore(from, failure.topic));
      const margin = Math.max((to - begin) * 0.25, text.MS);
      this.#move(begin - margin, to + margin, atOnce);
    }

    // windowOf is the time of the step that failed, or of the expectation, with what
    // came too late. An expectation that was broken within its time is shown where it
    // was broken: its time may be the whole run.
    #windowOf(failure) {
      const { extent } = this.run;
      const span = this.#spanOf(failure);
      if (!span || span.from === span.to || (span.kind === "expectation" && span.from < failure.at && failure.at < span.to)) {
        return { from: failure.at - Math.min((extent.to - extent.from) / 10, 2 * text.MIN), to: failure.at };
      }
      return { from: Math.min(span.from, failure.at), to: Math.max(span.to, failure.at, this.#cameLate(failure)) };
    }

    // spanOf is the shortest span that a failure may be about.
    #spanOf(failure) {
      const isMeant = (s) => (failure.line && s.line ? s.line === failure.line : s.from <= failure.at && failure.at <= s.to);
      return (this.run.facts.spans ?? []).filter((s) => s.failed && isMeant(s)).sort((a, b) => a.to - a.from - (b.to - b.from))[0];
    }

    // cameLate is when the note was made that what a step waited for came later.
    #cameLate(failure) {
      const { marks, events } = this.run;
      const i = marks.events.slice(scale.above(marks.times, failure.at)).find((event) => events.kind[event] === model.KIND.NOTE && topics.matches(failure.topic ?? "", this.run.topicOf(event)));
      return i === undefined ? -Infinity : events.at[i];
    }

    // lastBefore is when something was said last on the topics of a filter, as long as
    // it is not too long ago to be seen beside what came later.
    #lastBefore(time, filter) {
      const earliest = time - Math.min(text.H, (this.run.extent.to - this.run.extent.from) / 2);
      if (!filter) return time;
      const before = this.run.lanes.filter((lane) => topics.matches(filter, lane.topic))
        .map(({ messages }) => messages.times[scale.below(messages.times, time) - 1] ?? -Infinity);
      const last = Math.max(...before, -Infinity);
      return last >= earliest ? last : time;
    }

    #around(at, atOnce) {
      const { from, to } = this.run.extent;
      const half = Math.min((to - from) / 20, text.MIN);
      this.#move(at - half, at + half, atOnce);
    }

    #move(from, to, atOnce) {
      if (atOnce) this.timeline.show(from, to);
      else this.timeline.glide(from, to);
    }

    // here is the address of what is shown. A failure alone would be the address of
    // what is around it.
    #here() {
      const { part, extent } = this.timeline;
      const isAll = part.from <= extent.from && part.to >= extent.to;
      const { run, failure, message } = this.place;
      return isAll && failure === undefined ? { run, message } : { run, failure, from: part.from, to: part.to, message };
    }

    #navigate(change) {
      this.page.navigate({ ...this.#here(), ...change });
    }

    #recordLater() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.place = this.#here();
        this.page.record(this.place);
      }, PAUSE);
    }

    // go looks at another event, without a step in the browser's history.
    go(event) {
      this.place = { ...this.#here(), message: event >= 0 ? event : undefined };
      this.page.record(this.place);
      this.#showSelected();
    }

    // showSelected shows the message of the place; first beside the timeline, since
    // that changes how much room there is in it.
    #showSelected() {
      const event = this.place.message < this.run.events.n ? this.place.message : -1;
      if (event < 0) this.#showSide([]);
      else if (this.run.payloadBytes) this.#inspect(event);
      this.timeline.select(event);
    }

    #inspect(event) {
      this.#showSide(inspector.show(this.run, event, {
        go: (to) => this.go(to),
        link: (of) => location.href.split("#")[0] + this.page.link({ ...this.#here(), message: of }),
      }));
      const e = this.run.event(event);
      dom.say(`${text.offset(e.at, 3)}, ${text.line(e.topic) || model.KINDS[e.kind]}, ${model.isMessage(e.kind) ? text.snippet(this.run.payload(event), 80) : text.line(e.note)}`);
    }

    #showSpan(span) {
      dom.say(`${text.line(span.label)} ${text.line(span.text ?? "")}, ${span.failed ? "failed" : "held"}, from ${text.offset(span.from, 3)} to ${text.offset(span.to, 3)}`);
      this.#showSide(inspector.showSpan(span, this.run, {
        go: () => this.#showSide([]),
        zoom: (s) => this.timeline.glide(s.from - (s.to - s.from || text.S) * 0.1, s.to + (s.to - s.from || text.S) * 0.1),
      }), span);
    }

    // showSide shows what is looked at: a span, an event, or nothing.
    #showSide(children, span = null) {
      dom.keepingFocus(this.side, this.timeline.scroller, () => {
        this.side.hidden = children.length === 0;
        dom.replace(this.side, children);
      });
      this.side.scrollTop = 0;
      this.timeline.mark(span);
    }

    // nextSpan goes to the next step or expectation, or the one before.
    #nextSpan(n) {
      const spans = (this.run.facts.spans ?? []).filter((s) => s.kind === "step" || s.kind === "expectation").sort((a, b) => a.from - b.from);
      if (spans.length === 0) return;
      const i = spans.indexOf(this.timeline.span);
      if (this.place.message !== undefined) this.go(-1);
      this.#showSpan(spans.at((i < 0 && n < 0 ? n : i + n) % spans.length));
    }

    get search() {
      return this.timeline?.filter;
    }

    // key does what a key means here, and reports whether it meant anything.
    key(event) {
      const t = this.timeline;
      if (!t) return false;
      const length = t.part.to - t.part.from;
      const sideways = (n) => {
        if (this.place.message === undefined) t.pan(n * length * (event.shiftKey ? 0.8 : 0.15));
        else this.#step(n, event.shiftKey);
      };
      const keys = {
        ArrowLeft: () => sideways(-1), ArrowRight: () => sideways(1),
        ArrowUp: () => t.zoom(1 / 1.4), ArrowDown: () => t.zoom(1.4), "+": () => t.zoom(1 / 1.4), "=": () => t.zoom(1 / 1.4), "-": () => t.zoom(1.4),
        w: () => t.zoom(1 / 1.4), s: () => t.zoom(1.4), a: () => t.pan(-0.15 * length), d: () => t.pan(0.15 * length),
        j: () => this.#step(1, true), k: () => this.#step(-1, true),
        e: () => this.#nextSpan(1), E: () => this.#nextSpan(-1),
        0: () => t.fit(), g: () => t.toggleGroups(), t: () => t.toggleDate(),
        Escape: () => this.#escape(),
      };
      const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
      act?.();
      return act !== null;
    }

    #escape() {
      this.timeline.labels.closeMenu();
      if (this.place.message !== undefined) this.go(-1);
      else this.#showSide([]);
    }

    // step goes to the next event: on the topic, or of all topics that are shown.
    #step(n, ofAll) {
      const event = this.place.message;
      const { run } = this;
      const isMark = event !== undefined && !model.isMessage(run.events.kind[event]);
      const list = isMark ? run.marks : ofAll ? run.messages : run.laneOf(event).messages;
      let to = event === undefined ? this.#atEdge(n) : list.step(event, n);
      while (to >= 0 && !isMark && ofAll && !this.timeline.shows(run.topicOf(to))) to = list.step(to, n);
      if (to >= 0) this.go(to);
    }

    // atEdge is the first message in view, or the last one, -1 of none.
    #atEdge(n) {
      const { times, events } = this.run.messages;
      const { from, to } = this.timeline.part;
      return events[n > 0 ? scale.below(times, from) : scale.above(times, to) - 1] ?? -1;
    }
  }

  function header(run) {
    const { make } = dom;
    const f = run.facts;
    const pairs = factsOf(f);
    return make("section", { class: "head" },
      make("h1", {}, f.status && make("span", { class: "status " + f.status }, f.status), " ", text.line(f.name), (f.tags ?? []).map((tag) => make("span", { class: "tag" }, text.line(tag)))),
      f.description && make("p", { class: "description" }, text.seen(f.description)),
      f.skip && make("p", { class: "description" }, "Skipped: ", text.line(f.skip)),
      pairs.length > 0 && make("dl", { class: "facts" }, pairs.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", { title: value }, value)))),
      f.repeat && make("div", { class: "repeat" }, make("code", {}, text.line(f.repeat)), dom.copyButton("Copy", f.repeat)),
      notes("warning", f.warnings, true), notes("log line", f.log, false));
  }

  function factsOf(f) {
    const pairs = [];
    const add = (name, value) => value && pairs.push([name, text.line(value)]);
    add("File", f.file);
    add("Start", f.start && text.date(f.start, 0, 0));
    add(f.status ? "Virtual time" : "Length", f.length > 0 && text.duration(f.length));
    add("Wall time", f.wall > 0 && text.duration(f.wall));
    add("Speed-up", speedUp(f));
    add("Messages in / out", f.status && `${text.count(f.in)} / ${text.count(f.out)}`);
    add("Seed", f.seed);
    add("Digest", f.digest);
    for (const { name, value } of f.facts ?? []) pairs.push([text.line(name), text.line(value)]);
    return pairs;
  }

  const speedUp = (f) => (f.wall > 0 && f.length > 0 ? "×" + text.count(Number((f.length / f.wall).toPrecision(3))) : "");

  function notes(what, lines, open) {
    if (!lines || lines.length === 0) return null;
    const { make } = dom;
    return make("details", { class: what === "warning" ? "warnings" : "", open: open && lines.length < 6 },
      make("summary", {}, text.counted(lines.length, what)), make("pre", { tabindex: "0" }, lines.map(text.seen).join("\n")));
  }

  return { RunView, speedUp };
})();
