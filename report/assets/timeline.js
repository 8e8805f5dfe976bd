// timeline draws a run's lanes along an axis, and lets somebody move about in it.
const timeline = (() => {
  const REACH = 8; // pixels beside something that still hit it
  const SHORTEST = 1000; // nanoseconds that can be shown
  const PINNED = 0.45; // of the height, at most, that rows take that stay when others are scrolled

  class Timeline {
    // told: {selected(event), span(span), moved()} hear what somebody did.
    constructor(run, told) {
      this.run = run;
      this.told = told;
      const { from, to } = run.extent;
      const margin = (to - from) * 0.01;
      this.extent = { from: from - margin, to: to + margin };
      this.part = { ...this.extent };
      this.view = { grouped: run.lanes.length > 12, chosen: () => true, hidden: new Set(), folded: new Set() };
      this.byDate = false;
      this.cursor = null; // the time below the pointer
      this.selected = -1; // an event
      this.span = null; // that is looked at
      this.failure = null; // the one that is looked at
      this.concerned = () => false; // which topics it is about
      this.brushed = null; // pixels {from, to} that are being selected
      this.map = new minimap.Strip(run, this.extent);
      this.#build();
      gestures.attach(this);
      this.observer = new ResizeObserver(() => this.redraw());
      this.observer.observe(this.scroller);
      this.forgetTheme = theme.onChange(() => this.redraw(true));
      this.palette = theme.palette();
      this.pinnedHeight = 0;
      this.relayout();
    }

    close() {
      this.labels.closeMenu();
      this.observer.disconnect();
      this.forgetTheme();
      this.closed = true;
    }

    #build() {
      const { make } = dom;
      this.canvas = make("canvas", { class: "lanes", "aria-hidden": "true" });
      this.ruler = make("canvas", { class: "ruler", "aria-hidden": "true" });
      this.mapCanvas = make("canvas", { class: "map", "aria-hidden": "true" });
      this.space = make("div", { class: "space" });
      this.scroller = make("div", {
        class: "scroll", tabindex: "0", role: "application", "aria-label": "Timeline. Arrow keys move and zoom; press ? for all keys.",
      }, this.space);
      this.tip = make("div", { class: "tip", hidden: true });
      this.note = make("span", { class: "when" });
      this.nothing = make("p", { class: "empty over", hidden: true }, "No topic matches.");
      this.pins = make("div", { class: "pins" });
      this.labels = new labels.Labels(this.space, this.pins, this);
      this.element = make("section", { class: "timeline", "aria-label": "Timeline" },
        this.#tools(),
        make("div", { class: "strip" }, make("div", { class: "gutter" }, make("span", {}, text.counted(this.run.messages.length, "message"), this.#leftOut())), this.mapCanvas),
        make("div", { class: "strip axis" }, make("div", { class: "gutter" }, this.note), this.ruler),
        make("div", { class: "stage" }, this.canvas, this.scroller, this.pins, this.nothing, this.tip),
        this.#legend(),
      );
    }

    // leftOut says how many events a long run did not keep.
    #leftOut() {
      const { omission } = this.run;
      return omission && dom.make("div", {}, `${text.counted(omission.count, "event")} not kept`);
    }

    #tools() {
      const { make } = dom;
      const button = (label, title, onclick) => make("button", { type: "button", class: "small", title, "aria-label": title, onclick }, label);
      this.filter = make("input", { type: "search", placeholder: "Topics: a part, or a filter with + and #", "aria-label": "Filter topics", spellcheck: "false" });
      this.filter.addEventListener("input", () => this.setFilter(this.filter.value));
      this.leftOut = make("button", { type: "button", class: "small link", onclick: () => this.showAll() });
      this.grouping = make("button", { type: "button", class: "small", title: "Group topics by device (g)", onclick: () => this.toggleGroups() }, "By device");
      this.dating = make("button", { type: "button", class: "small", title: "Time since the start, or date (t)", onclick: () => this.toggleDate() }, "Date");
      this.dating.disabled = !this.run.facts.start;
      return make("div", { class: "tools" },
        this.filter, this.leftOut, make("span", { class: "grow" }), this.grouping, this.dating,
        make("span", { class: "joined" },
          button("−", "Zoom out (↓)", () => this.zoom(1.6)), button("+", "Zoom in (↑)", () => this.zoom(1 / 1.6)), button("Fit", "Show all (0)", () => this.fit())));
    }

    #legend() {
      const { make } = dom;
      const item = (name, what) => make("span", { class: "key" }, make("i", { class: "swatch " + name }), what);
      const said = new Set([...this.run.messages.events].map((i) => this.run.speakerOf(i)));
      const names = { tape: this.run.facts.status ? "tape" : "message", scenario: "scenario", device: "device", app: "automation" };
      return make("div", { class: "legend" },
        model.SPEAKERS.filter((_, i) => said.has(i)).map((name) => item(name, names[name])),
        make("span", { class: "grow" }),
        make("span", { class: "hint" }, "Drag to move · Ctrl + wheel to zoom · Shift + drag to zoom into a stretch"));
    }

    // --- what is shown ---

    relayout() {
      const { rows, height, left } = layout.rows(this.run, this.view);
      this.rows = rows;
      this.space.style.height = height + "px";
      this.leftOut.textContent = left ? `${left} of ${this.run.lanes.length} topics left out: show all` : "";
      this.leftOut.hidden = left === 0;
      this.nothing.hidden = left < this.run.lanes.length || this.run.lanes.length === 0;
      this.grouping.setAttribute("aria-pressed", String(this.view.grouped));
      this.dating.setAttribute("aria-pressed", String(this.byDate));
      this.redraw();
    }

    setFilter(typed) {
      if (this.filter.value !== typed) this.filter.value = typed;
      this.view.chosen = topics.chooser(typed);
      this.relayout();
    }

    showAll() {
      this.view.hidden.clear();
      this.setFilter("");
    }

    hide(topic) {
      this.view.hidden.add(topic);
      this.relayout();
    }

    fold(device) {
      if (!this.view.folded.delete(device)) this.view.folded.add(device);
      this.relayout();
    }

    setFields(lane, paths) {
      lane.shown = paths;
      this.relayout();
    }

    toggleGroups() {
      this.view.grouped = !this.view.grouped;
      this.relayout();
    }

    toggleDate() {
      this.byDate = !this.byDate && Boolean(this.run.facts.start);
      this.relayout();
    }

    // --- which part of it ---

    get scale() {
      return new scale.Scale(this.part.from, this.part.to, this.width || 1);
    }

    // show shows a part, as long as there is something to see in it.
    show(from, to) {
      const whole = this.extent.to - this.extent.from;
      const length = Math.min(Math.max(to - from, Math.min(SHORTEST, whole)), whole);
      from = Math.min(Math.max(from, this.extent.from), this.extent.to - length);
      this.part = { from, to: from + length };
      this.told.moved();
      this.redraw();
    }

    // glide shows a part after a short way to it, unless the system asks for calm.
    glide(from, to) {
      const start = performance.now(), before = { ...this.part };
      const run = (this.gliding = {});
      if (theme.isCalm()) return this.show(from, to);
      const step = (now) => {
        if (this.gliding !== run || this.closed) return;
        const done = Math.min((now - start) / 180, 1), eased = 1 - (1 - done) ** 3;
        this.show(before.from + (from - before.from) * eased, before.to + (to - before.to) * eased);
        if (done < 1) requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    }

    fit() {
      this.glide(this.extent.from, this.extent.to);
    }

    pan(time) {
      this.gliding = null;
      this.show(this.part.from + time, this.part.to + time);
    }

    zoomAt(time, factor) {
      this.gliding = null;
      const { from, to } = this.part;
      const length = Math.min(Math.max((to - from) * factor, SHORTEST), this.extent.to - this.extent.from);
      const share = (time - from) / (to - from);
      this.show(time - length * share, time + length * (1 - share));
    }

    zoom(factor) {
      const at = this.selected >= 0 ? this.run.events.at[this.selected] : this.cursor;
      const { from, to } = this.part;
      this.zoomAt(at !== null && at > from && at < to ? at : (from + to) / 2, factor);
    }

    centre(time) {
      const half = (this.part.to - this.part.from) / 2;
      this.glide(time - half, time + half);
    }

    brush(x0, x1) {
      this.brushed = { from: Math.max(Math.min(x0, x1), 0), to: Math.min(Math.max(x0, x1), this.width) };
      this.redraw();
    }

    dropBrush() {
      this.brushed = null;
      this.redraw();
    }

    zoomBrush() {
      const { from, to } = this.brushed ?? { from: 0, to: 0 };
      this.brushed = null;
      if (to - from >= 3) this.glide(this.scale.time(from), this.scale.time(to));
      else this.redraw();
    }

    // --- what is looked at ---

    // select looks at an event, and brings it into view.
    select(event) {
      this.selected = event;
      if (event < 0) return this.redraw();
      const at = this.run.events.at[event];
      const { from, to } = this.part;
      if (at < from || at > to) this.show(at - (to - from) / 2, at + (to - from) / 2);
      this.reveal((row) => row.lane?.topic === this.run.topicOf(event));
      this.redraw();
    }

    // mark looks at a span, or at none, and brings it into view.
    mark(span) {
      this.span = span;
      const { from, to } = this.part;
      if (span && (span.to < from || span.from > to)) this.centre((span.from + span.to) / 2);
      else this.redraw();
    }

    // The rows of steps, expectations and events stay in view, unless they would take
    // most of it.
    #pin() {
      const rows = this.rows.filter((row) => row.kind === "spans" || row.kind === "marks");
      const height = rows.reduce((sum, row) => sum + row.h, 0);
      this.pinnedHeight = height <= this.scroller.clientHeight * PINNED ? height : 0;
    }

    isPinned = (row) => row.y < this.pinnedHeight;

    // placeOf is where a row stands in the drawing.
    placeOf(row) {
      return this.isPinned(row) ? row.y : row.y - this.scroller.scrollTop;
    }

    inView() {
      const height = this.scroller.clientHeight;
      return this.rows.filter((row) => this.isPinned(row) || (this.placeOf(row) + row.h > this.pinnedHeight && this.placeOf(row) < height));
    }

    // rowOf is where an event is drawn, undefined for one that is not.
    rowOf(event) {
      const isMessage = model.isMessage(this.run.events.kind[event]);
      const topic = this.run.topicOf(event);
      return this.rows.find((row) => (isMessage ? row.lane?.topic === topic : row.kind === "marks"));
    }

    // reveal scrolls to the first row that is meant.
    reveal(meant) {
      this.#pin();
      const row = this.rows.find(meant);
      if (!row || this.isPinned(row)) return;
      const { clientHeight } = this.scroller;
      if (this.placeOf(row) < this.pinnedHeight || this.placeOf(row) + row.h > clientHeight) {
        this.scroller.scrollTop = Math.max(row.y - this.pinnedHeight - (clientHeight - this.pinnedHeight) / 3, 0);
      }
    }

    // concern marks a failure and the topics that it is about, and shows the first of
    // them.
    concern(failure) {
      const filter = failure?.topic;
      this.failure = failure ?? null;
      this.concerned = filter ? (topic) => topics.matches(filter, topic) : () => false;
      if (filter && !this.rows.some((row) => row.lane && this.concerned(row.lane.topic))) {
        this.view.folded.clear();
        this.showAll();
      }
      this.reveal((row) => row.lane && this.concerned(row.lane.topic));
      this.redraw();
    }

    // shows says whether a topic has a lane now.
    shows(topic) {
      return this.view.chosen(topic) && !this.view.hidden.has(topic);
    }

    // hit is what stands at a place: {event}, {span}, or null.
    hit(pointer) {
      const place = this.canvas.getBoundingClientRect();
      const x = pointer.clientX - place.left, onScreen = pointer.clientY - place.top;
      const y = onScreen < this.pinnedHeight ? onScreen : onScreen + this.scroller.scrollTop;
      const row = layout.at(this.rows, y);
      if (!row) return null;
      const time = this.scale.time(x), reach = REACH * this.scale.perPixel;
      if (row.kind === "spans") {
        const list = row.packed[Math.floor((y - row.y) / layout.SPAN)] ?? [];
        const span = list.find((s) => time >= s.from - reach / 2 && time <= s.to + reach / 2);
        return span ? { span } : null;
      }
      const lists = row.kind === "marks" ? [this.run.marks] : (row.lanes ?? [row.lane]).flatMap((lane) => [lane.messages, lane.drops]);
      const near = lists.map((list) => list.nearest(time)).filter((i) => i >= 0);
      const distance = (i) => Math.abs(this.run.events.at[i] - time);
      const event = near.sort((a, b) => distance(a) - distance(b))[0];
      return event !== undefined && distance(event) <= reach ? { event } : null;
    }

    click(pointer) {
      const hit = this.hit(pointer);
      if (hit?.span) this.told.span(hit.span);
      else this.told.selected(hit ? hit.event : -1);
    }

    hover(pointer) {
      this.cursor = pointer ? this.scale.time(pointer.clientX - this.canvas.getBoundingClientRect().left) : null;
      const hit = pointer && pointer.pointerType !== "touch" && this.hit(pointer);
      this.tip.hidden = !hit;
      if (hit) this.#showTip(hit, pointer);
      this.redraw();
    }

    #showTip(hit, pointer) {
      const { make } = dom;
      if (hit.span) {
        const { from, to, label } = hit.span;
        dom.replace(this.tip, make("b", {}, text.line(label)), " ", text.line(hit.span.text), make("div", { class: "muted" }, `${this.time(from)} – ${this.time(to)}`));
      } else {
        const e = this.run.event(hit.event);
        const what = model.isMessage(e.kind) && this.run.payloadBytes ? text.snippet(this.run.payload(hit.event), 160) : paint.markText(e);
        dom.replace(this.tip, make("div", { class: "muted" }, this.time(e.at), e.source && ` · ${text.line(e.source)}`), make("div", { class: "code" }, what));
      }
      const place = this.scroller.getBoundingClientRect();
      const x = pointer.clientX - place.left, y = pointer.clientY - place.top;
      this.tip.style.left = Math.max(Math.min(x + 12, place.width - this.tip.offsetWidth - 8), 4) + "px";
      this.tip.style.top = (y + 18 + this.tip.offsetHeight > place.height ? y - this.tip.offsetHeight - 10 : y + 18) + "px";
    }

    // time writes an instant as the axis does.
    time(ns) {
      return this.byDate ? text.date(this.run.facts.start, ns) : text.offset(ns, 3);
    }

    // --- drawing ---

    redraw(recolour = false) {
      if (recolour) this.palette = null;
      if (this.frame || this.closed) return;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (!this.closed) this.#draw();
      });
    }

    #draw() {
      this.palette ??= theme.palette();
      this.width = Math.max(this.scroller.clientWidth - this.mapCanvas.offsetLeft, 50);
      this.#pin();
      const isPending = scene.draw(this);
      this.labels.update(this.inView(), (row) => Boolean(row.lane) && this.concerned(row.lane.topic));
      if (this.run.payloadBytes) this.labels.values(this.cursor ?? (this.selected >= 0 ? this.run.events.at[this.selected] : null));
      this.#drawNote();
      if (isPending && this.run.payloadBytes) this.redraw();
      this.element.dataset.drawn = isPending ? "partly" : "yes";
    }

    #drawNote() {
      const at = this.cursor ?? this.part.from;
      const isDate = this.byDate && this.cursor === null;
      this.note.textContent = isDate ? `${text.day(this.run.facts.start, at)} ${text.line(text.zoneAt(this.run.facts.start, at).zone)}` : this.cursor === null ? "since the start" : this.time(at);
    }
  }

  return { Timeline };
})();
