// overview lists the runs of a page.
const overview = (() => {
  const PORTION = 200; // rows that are made at a time
  const STATUSES = ["failed", "error", "passed", "skipped"];
  const RANK = { failed: 0, error: 0, passed: 1, "": 1, skipped: 2 };

  const COLUMNS = [
    { name: "Status", value: (f) => RANK[f.status ?? ""] },
    { name: "Name", value: (f) => f.name },
    { name: "Virtual", value: (f) => f.length, class: "number" },
    { name: "Wall", value: (f) => f.wall ?? 0, class: "number" },
    { name: "Speed-up", value: (f) => (f.wall ? f.length / f.wall : 0), class: "number" },
    { name: "In", value: (f) => f.in, class: "number" },
    { name: "Out", value: (f) => f.out, class: "number" },
    { name: "Seed", value: (f) => Number(f.seed ?? 0), class: "number" },
    { name: "Digest", value: (f) => f.digest ?? "" },
  ];

  class Overview {
    constructor(runs, facts, page) {
      this.runs = runs;
      this.page = page;
      this.status = "";
      this.sorted = { column: 0, down: false };
      this.haystacks = runs.map((run) => haystack(run.facts));
      this.#build(facts);
      this.update();
    }

    #build(facts) {
      const { make } = dom;
      this.search = make("input", { type: "search", placeholder: "Search names, files, tags, failures", "aria-label": "Search runs", spellcheck: "false" });
      this.search.addEventListener("input", () => this.update());
      this.chips = make("div", { class: "chips", role: "group", "aria-label": "Status" });
      this.heads = COLUMNS.map((column, i) => make("th", { scope: "col", class: column.class ?? "" },
        make("button", { type: "button", class: "sort", onclick: () => this.#sort(i) }, column.name)));
      this.rows = make("tbody");
      this.more = make("button", { type: "button", class: "more", hidden: true, onclick: () => this.#portion() });
      this.nothing = make("p", { class: "empty", hidden: true });
      this.element = make("div", { class: "overview" },
        make("section", { class: "head" }, make("h1", {}, facts.title), this.#bar(), make("p", { class: "muted" }, made(facts))),
        make("div", { class: "tools" }, this.chips, make("span", { class: "grow" }), this.search),
        make("div", { class: "table" }, make("table", { class: "runs" }, make("thead", {}, make("tr", {}, this.heads)), this.rows)),
        this.nothing, this.more);
    }

    #count(status) {
      return this.runs.filter((run) => run.facts.status === status).length;
    }

    // bar shows how many passed as a length.
    #bar() {
      const { make } = dom;
      const parts = STATUSES.filter((status) => this.#count(status) > 0).map((status) => {
        const part = make("i", { class: status });
        part.style.flexGrow = this.#count(status);
        return part;
      });
      return parts.length > 0 && make("div", { class: "share", "aria-hidden": "true" }, parts);
    }

    #chip(status, label, n) {
      return dom.make("button", {
        type: "button", class: "chip " + status, "aria-pressed": String(this.status === status),
        onclick: () => { this.status = status; this.update(); },
      }, label, dom.make("b", {}, text.count(n)));
    }

    #sort(column) {
      this.sorted = { column, down: this.sorted.column === column && !this.sorted.down };
      this.update();
    }

    // update shows the runs that are wanted.
    update() {
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const present = STATUSES.filter((status) => this.#count(status) > 0);
      dom.keepingFocus(this.chips, this.search, () => {
        dom.replace(this.chips, this.#chip("", "All", this.runs.length), present.map((status) => this.#chip(status, label(status), this.#count(status))));
      });
      const wanted = this.runs.filter((run, i) => (!this.status || run.facts.status === this.status) && words.every((word) => this.haystacks[i].includes(word)));
      const { value } = COLUMNS[this.sorted.column], sign = this.sorted.down ? -1 : 1;
      const compare = (a, b) => (typeof a === "string" ? topics.compare(a, b) : a - b);
      this.wanted = wanted.sort((a, b) => sign * compare(value(a.facts), value(b.facts)) || a.index - b.index);
      this.heads.forEach((head, i) => {
        if (i === this.sorted.column) head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      this.nothing.hidden = this.wanted.length > 0;
      this.nothing.textContent = this.runs.length ? "No run matches." : "There are no runs on this page.";
      this.rows.replaceChildren();
      this.#portion();
    }

    #portion() {
      const from = this.rows.children.length;
      this.rows.append(...this.wanted.slice(from, from + PORTION).map((run) => this.#row(run)));
      const left = this.wanted.length - this.rows.children.length;
      this.more.hidden = left <= 0;
      this.more.textContent = `Show ${text.count(Math.min(left, PORTION))} more of ${text.count(left)}`;
    }

    #row(run) {
      const { make } = dom;
      const f = run.facts;
      const href = this.page.link({ run: run.index });
      const number = (value) => make("td", { class: "number" }, value);
      const failed = (f.failures ?? [])[0];
      return make("tr", { onclick: (event) => event.target.closest("a") || String(getSelection()) || this.page.navigate({ run: run.index }) },
        make("td", {}, f.status && make("span", { class: "status " + f.status }, f.status)),
        make("td", { class: "what" },
          make("a", { class: "name", href }, text.line(f.name) || "(no name)"), (f.tags ?? []).map((tag) => make("span", { class: "tag" }, text.line(tag))),
          failed && make("div", { class: "reason" }, make("a", { href: this.page.link({ run: run.index, failure: 0 }) }, text.line(failed.message)), f.failures.length > 1 && make("span", { class: "muted" }, ` and ${f.failures.length - 1} more`)),
          f.skip && make("div", { class: "muted" }, text.line(f.skip)),
          f.description && make("div", { class: "muted clip" }, text.line(f.description)),
          f.file && make("div", { class: "muted file" }, text.line(f.file))),
        number(f.length > 0 ? text.duration(f.length) : ""), number(f.wall > 0 ? text.duration(f.wall) : ""), number(runview.speedUp(f)),
        number(f.status ? text.count(f.in) : ""), number(f.status ? text.count(f.out) : ""), number(f.seed ?? ""),
        make("td", { class: "code", title: f.digest }, (f.digest ?? "").slice(0, 12)));
    }

    key() {
      return false;
    }

    close() {}
  }

  const label = (status) => ({ failed: "Failed", error: "Errors", passed: "Passed", skipped: "Skipped" })[status];

  const made = (facts) => [facts.program, facts.created].filter(Boolean).join(" · ");

  function haystack(f) {
    const failures = (f.failures ?? []).flatMap((x) => [x.kind, x.message, ...(x.details ?? [])]);
    return [f.name, f.file, f.description, f.skip, f.seed, f.digest, ...(f.tags ?? []), ...failures].filter(Boolean).join("\n").toLowerCase();
  }

  return { Overview };
})();
