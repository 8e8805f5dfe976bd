// failures are the reasons why a run did not pass, in full.
const failures = (() => {
  const OPEN = 3; // of how many all that was seen is shown at once

  // show returns a list of cards. link(i) is the address of a failure in the
  // timeline, null where there is none.
  function show(run, link) {
    const list = run.facts.failures ?? [];
    if (list.length === 0) return null;
    const { make } = dom;
    return make("section", { class: "failures", "aria-label": "Failures" },
      list.map((failure, i) => make("article", { class: "failure", id: `failure-${i}` },
        make("header", {},
          make("span", { class: "kind" }, text.line(failure.kind)),
          make("span", { class: "muted" }, place(run, failure)),
          make("span", { class: "grow" }),
          link(i) && make("a", { class: "button small", href: link(i) }, "Show in the timeline")),
        make("p", { class: "message" }, text.seen(failure.message)),
        part("What was seen", failure.details, i < OPEN, ""),
        part("What was said around it", failure.around, i < OPEN, "aligned"))));
  }

  function place(run, failure) {
    const words = [`at ${text.offset(failure.at, 3)}`];
    if (run.facts.start) words.push(text.clock(run.facts.start, failure.at, 3));
    if (failure.line) words.push(text.line(`${run.facts.file ?? "line "}:${failure.line}`));
    return words.join(" · ");
  }

  function part(title, lines, open, look) {
    if (!lines || lines.length === 0) return null;
    const { make } = dom;
    return make("details", { open }, make("summary", {}, title), make("pre", { class: look, tabindex: "0" }, lines.map(text.seen).join("\n")));
  }

  return { show };
})();
