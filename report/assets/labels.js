// labels are the names beside the rows of a timeline, with what can be done with
// each. Only those in view are elements of the page.
const labels = (() => {
  class Labels {
    // Labels of rows that are scrolled stand in one place, those of pinned rows in
    // another. The timeline is told: hide(topic), fold(device), setFields(lane, paths).
    constructor(place, pins, timeline) {
      this.place = place;
      this.pins = pins;
      this.timeline = timeline;
      this.shown = new Map(); // by key
      this.menu = null;
    }

    // update shows the labels of some rows, in the order in which Tab goes to them.
    update(rows, isHit) {
      dom.keepingFocus(this.place, this.timeline.scroller, () => {
        this.#drop(rows);
        const next = new Map([[this.place, this.place.firstChild], [this.pins, this.pins.firstChild]]);
        for (const row of rows) {
          const label = this.#labelOf(row);
          const place = this.timeline.isPinned(row) ? this.pins : this.place;
          if (next.get(place) === label.element) next.set(place, label.element.nextSibling);
          else place.insertBefore(label.element, next.get(place));
          label.row = row;
          label.element.style.transform = `translateY(${row.y}px)`;
          label.element.style.height = row.h + "px";
          label.element.classList.toggle("hit", isHit(row));
        }
      });
    }

    // drop removes the labels that are not those of the rows any more.
    #drop(rows) {
      const forms = new Map(rows.map((row) => [row.key, formOf(row)]));
      for (const [key, label] of this.shown) {
        if (forms.get(key) === label.form) continue;
        label.element.remove();
        this.shown.delete(key);
      }
    }

    #labelOf(row) {
      if (!this.shown.has(row.key)) this.shown.set(row.key, { form: formOf(row), ...this.#make(row) });
      return this.shown.get(row.key);
    }

    // values shows what each field was at a time.
    values(time) {
      for (const { row, fields } of this.shown.values()) {
        for (const { path, value } of fields ?? []) {
          const series = row.lane.seriesOf(path);
          const i = time === null ? -1 : series.index(time);
          const now = i < 0 || series.values[i] === null ? "" : series.values[i];
          value.textContent = typeof now === "number" ? text.number(now) : text.cut(text.line(String(now)), 24);
          if (time === null && series.isLine) value.textContent = this.#range(series);
        }
      }
    }

    #range(series) {
      const { low, high } = series.range;
      return low === high ? text.number(low) : `${text.number(low)} … ${text.number(high)}`;
    }

    #make(row) {
      if (row.kind === "group") return { element: this.#group(row) };
      if (row.kind === "topic") return this.#topic(row);
      return { element: dom.make("div", { class: "label plain" }, dom.make("span", { class: "name" }, row.title)) };
    }

    #group(row) {
      const messages = row.lanes.reduce((sum, lane) => sum + lane.messages.length, 0);
      const button = dom.make(
        "button",
        { type: "button", class: "fold", "aria-label": text.line(row.title), "aria-expanded": String(!row.isFolded), onclick: () => this.timeline.fold(row.device) },
        dom.make("span", { class: "arrow", "aria-hidden": "true" }, row.isFolded ? "▸" : "▾"),
        dom.make("span", { class: "name", title: text.line(row.title) }, text.line(row.title)),
      );
      return dom.make("div", { class: "label group" }, button, dom.make("span", { class: "count", title: text.counted(messages, "message") }, text.count(messages)));
    }

    #topic(row) {
      const name = text.line(row.title);
      const full = `${text.line(row.lane.topic)}\n${text.counted(row.lane.messages.length, "message")}`;
      const choose = row.lane.fields?.length > 0 && dom.make("button", {
        type: "button", class: "tool", title: "Choose fields", "aria-label": `Choose fields of ${name}`, "aria-haspopup": "true",
        onclick: (event) => this.#openMenu(row.lane, event.currentTarget),
      }, "∿");
      const hide = dom.make("button", {
        type: "button", class: "tool", title: "Hide this topic", "aria-label": `Hide ${name}`,
        onclick: () => this.timeline.hide(row.lane.topic),
      }, "×");
      const fields = (row.lane.shown ?? []).map((path) => ({ path, value: dom.make("span", { class: "value" }) }));
      const element = dom.make(
        "div",
        { class: "label topic" + (row.inGroup ? " inner" : "") },
        dom.make("div", { class: "line" }, dom.make("span", { class: "name", title: full }, startCut(name)), choose, hide),
        fields.map((f) => dom.make("div", { class: "field" }, dom.make("span", { class: "path", title: text.line(f.path) }, text.line(f.path || "payload")), f.value)),
      );
      return { element, fields };
    }

    #openMenu(lane, button) {
      this.closeMenu();
      const boxes = lane.fields.slice(0, 40).map(({ path }) => {
        const box = dom.make("input", { type: "checkbox", checked: lane.shown.includes(path) });
        box.addEventListener("change", () => {
          const paths = box.checked ? [...lane.shown, path] : lane.shown.filter((p) => p !== path);
          this.timeline.setFields(lane, paths);
        });
        return dom.make("label", {}, box, text.line(path || "payload"));
      });
      this.menu = dom.make("div", { class: "menu", role: "group", "aria-label": `Fields of ${text.line(lane.topic)}` }, boxes);
      const place = button.getBoundingClientRect();
      this.menu.style.left = Math.min(place.left, innerWidth - 260) + "px";
      this.menu.style.top = Math.min(place.bottom + 4, Math.max(innerHeight - 340, 8)) + "px";
      document.body.append(this.menu);
      this.menu.querySelector("input").focus();
      this.menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        this.closeMenu();
        this.shown.get("t" + lane.topic)?.element.querySelector("[aria-haspopup]").focus(); // not the button of before: the label may be a new one
      });
    }

    closeMenu() {
      this.menu?.remove();
      this.menu = null;
    }
  }

  // formOf changes when a label has to be made anew.
  const formOf = (row) => [row.title, row.isFolded, row.lane?.shown?.join("\n"), row.lane?.fields?.length].join("\0");

  // startCut marks the levels of a topic, so that what is cut off when there is
  // little room is its beginning: its end says more.
  function startCut(name) {
    const at = name.lastIndexOf("/", name.length - 2);
    if (at < 0) return name;
    return [dom.make("span", { class: "front" }, name.slice(0, at)), dom.make("span", { class: "end" }, name.slice(at))];
  }

  return { Labels };
})();
