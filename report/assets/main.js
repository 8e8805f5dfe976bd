// main shows what the address of the page names.
const main = (() => {
  let runs = [], page = {}, view = null, list = null, shown = null;

  // An address holds seconds; places hold nanoseconds.
  function link(place) {
    const words = [`run=${place.run}`];
    const add = (name, value) => value !== undefined && words.push(`${name}=${value}`);
    add("failure", place.failure);
    for (const name of ["from", "to", "at"]) if (place[name] !== undefined) add(name, Number((place[name] / text.S).toFixed(9)));
    add("message", place.message);
    return "#" + words.join("&");
  }

  function parse(hash) {
    const place = {};
    for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
      const number = Number(value);
      if (value === "" || !Number.isFinite(number)) continue;
      if (["run", "failure", "message"].includes(name) && Number.isInteger(number) && number >= 0) place[name] = number;
      if (["from", "to", "at"].includes(name)) place[name] = number * text.S;
    }
    if (place.run === undefined && runs.length === 1) place.run = 0;
    return place;
  }

  // navigate goes to a place; record only writes down that we are there.
  function navigate(place) {
    write("pushState", link(place));
    show();
  }

  function record(place) {
    write("replaceState", link(place));
  }

  // Some frames forbid to write the history; then the address stays as it is.
  function write(how, hash) {
    shown = hash;
    try {
      history[how](null, "", hash);
    } catch {
      location.hash = hash;
    }
  }

  function show() {
    const place = parse(location.hash);
    const run = runs[place.run];
    shown = location.hash;
    if (!run) return showOverview();
    if (view?.run === run) return view.apply(place);
    leave();
    view = new runview.RunView(run, { navigate, record, link });
    put(view.element, run);
    view.open(place).catch((error) => broken(error));
  }

  function showOverview() {
    if (view && view === list) return;
    leave();
    view = list ??= new overview.Overview(runs, page, { navigate, link });
    put(view.element, null);
    view.update();
  }

  // leave gives back what the run that was shown takes.
  function leave() {
    view?.close();
    view?.run?.unload();
    view = null;
  }

  function put(element, run) {
    dom.replace(document.getElementById("main"), element);
    const name = run ? text.line(run.facts.name) : "";
    dom.replace(document.getElementById("crumbs"), run && runs.length > 1 && [dom.make("a", { href: "#" }, "All runs"), dom.make("span", { "aria-hidden": "true" }, "›"), dom.make("span", { class: "here" }, name)]);
    document.title = name && name !== page.title ? `${name} · ${page.title}` : page.title;
    scrollTo(0, 0);
  }

  function broken(error) {
    console.error(error);
    document.getElementById("main").prepend(dom.make("p", { class: "alarm", role: "alert" }, `Not all of this run can be shown: ${error.message}. The file may be damaged, or the browser too old.`));
  }

  // failure goes to the next failure on the page, or the one before.
  function failure(n) {
    const all = runs.flatMap((run) => (run.facts.failures ?? []).map((_, i) => ({ run: run.index, failure: i })));
    if (all.length === 0) return;
    const { run = -1, failure: at = n > 0 ? -1 : 0 } = parse(location.hash);
    const order = (f) => f.run - run || f.failure - at;
    const next = n > 0 ? all.find((f) => order(f) > 0) ?? all[0] : all.findLast((f) => order(f) < 0) ?? all[all.length - 1];
    navigate(next);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select")) return keyInField(event);
    if (event.target.closest("pre, .inspector, .table") && /^Arrow(Up|Down)$/.test(event.key)) return; // they scroll
    const keys = { "?": help.open, "/": () => view.search?.focus(), n: () => failure(1), N: () => failure(-1), u: () => runs.length > 1 && navigateUp() };
    if (Object.hasOwn(keys, event.key)) keys[event.key]();
    else if (!view?.key(event)) return;
    event.preventDefault();
  }

  // In a search Enter goes on with what was typed, and Escape without it.
  function keyInField(event) {
    const field = event.target;
    if (field.type !== "search" || !["Enter", "Escape"].includes(event.key)) return;
    if (event.key === "Escape") {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    }
    field.blur();
    event.preventDefault();
  }

  function navigateUp() {
    location.hash = "";
  }

  function start() {
    const block = document.querySelector("script[data-block=page]");
    page = (block && blocks.facts(block)) ?? { title: document.title };
    page.title = text.line(page.title);
    runs = model.read();
    document.getElementById("page-title").textContent = page.title;
    document.getElementById("theme").addEventListener("click", theme.toggle);
    document.getElementById("help").addEventListener("click", help.open);
    addEventListener("keydown", key);
    addEventListener("hashchange", () => location.hash !== shown && show());
    addEventListener("pointerdown", (event) => event.target.closest(".menu") || view?.timeline?.labels.closeMenu());
    show();
    if (!document.querySelector("script[data-block=end]")) {
      document.getElementById("main").before(dom.make("p", { class: "alarm", role: "alert" }, "This file ends too early: it was not written, or not copied, to its end."));
    }
  }

  addEventListener("DOMContentLoaded", start);

  return { link, parse };
})();
