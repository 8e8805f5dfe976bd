// inspector shows one event: what was said, and what it changed.
const inspector = (() => {
  const LONG = 20000; // characters of a payload that are shown at once
  const AROUND = 4; // neighbours shown before and after

  // show returns the elements for an event. act: {go(event), link(event)}.
  function show(run, event, act) {
    const e = run.event(event);
    const isMessage = model.isMessage(e.kind);
    return [
      head(run, event, e, act),
      facts(run, event, e),
      e.note && dom.make("p", { class: "note" }, text.line(e.note)),
      isMessage && change(run, event),
      isMessage && payload(run.payload(event)),
      around(run, event, act),
    ];
  }

  function head(run, event, e, act) {
    const { make } = dom;
    const lane = run.laneOf(event);
    const list = model.isMessage(e.kind) ? run.messages : run.marks;
    const step = (label, title, of, n) => {
      const to = of.step(event, n);
      return make("button", { type: "button", class: "small", title, "aria-label": title, disabled: to < 0, onclick: () => act.go(to) }, label);
    };
    const onTopic = lane && model.isMessage(e.kind) && make("span", { class: "joined" },
      step("‹", "Previous on this topic (←)", lane.messages, -1),
      make("span", { class: "joint" }, `${text.count(scale.above(lane.messages.events, event))} of ${text.count(lane.messages.length)} here`),
      step("›", "Next on this topic (→)", lane.messages, 1));
    return make("div", { class: "inspector-head" },
      title(e.topic ? text.line(e.topic) : model.KINDS[e.kind], act),
      make("div", { class: "row" }, onTopic,
        make("span", { class: "joined" },
          step("‹", "Previous of all (Shift ←)", list, -1),
          make("span", { class: "joint" }, `${text.count(scale.above(list.events, event))} of ${text.count(list.length)}`),
          step("›", "Next of all (Shift →)", list, 1)),
        make("span", { class: "grow" }),
        dom.copyButton("Copy link", () => act.link(event))));
  }

  function title(words, act) {
    const { make } = dom;
    return make("div", { class: "title" },
      make("h2", {}, words),
      make("button", { type: "button", class: "small", "aria-label": "Close (Esc)", title: "Close (Esc)", onclick: () => act.go(-1) }, "×"));
  }

  function facts(run, event, e) {
    const { make } = dom;
    const rows = [["Time", `${text.offset(e.at)} since the start`]];
    if (run.facts.start) rows.push(["Date", text.date(run.facts.start, e.at)]);
    if (e.kind !== model.KIND.MESSAGE) rows.push(["Kind", model.KINDS[e.kind]]);
    if (e.source) rows.push(["From", make("span", { class: "source " + model.SPEAKERS[run.speakerOf(event)] }, text.line(e.source))]);
    if (e.client) rows.push(["Client", text.line(e.client)]);
    if (model.isMessage(e.kind)) {
      rows.push(["QoS", `${e.qos}${e.retain ? ", retained" : ""}`], ["Size", text.counted(run.payload(event).length, "byte")]);
    }
    return make("dl", { class: "pairs" }, rows.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  // change says what differs from the message before it on the topic.
  function change(run, event) {
    const { make } = dom;
    const before = run.laneOf(event).messages.step(event, -1);
    const section = (...children) => make("section", { class: "change" }, make("h3", {}, "Changed"), children);
    if (before < 0) return section(make("p", { class: "muted" }, "The first message on this topic."));
    const since = text.duration(run.events.at[event] - run.events.at[before]);
    if (run.events.payload[before] === run.events.payload[event]) {
      return section(make("p", { class: "muted" }, `Nothing: the same as ${since} before.`));
    }
    const was = text.payload(run.payload(before)), is = text.payload(run.payload(event));
    const list = json.changes(was.text, is.text);
    if (list && list.length > 0) return section(make("p", { class: "muted" }, `Since the message ${since} before:`), changeTable(list));
    if (list) return section(make("p", { class: "muted" }, `Only the order or the spaces, since the message ${since} before.`));
    return section(make("p", { class: "muted" }, `The message ${since} before was `, make("code", {}, text.snippet(run.payload(before)))));
  }

  function changeTable(list) {
    const { make } = dom;
    const cell = (value, name) => make("td", { class: name }, value === undefined ? "—" : text.cut(text.line(value), 200));
    const row = ({ path, before, after }) => {
      const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
      return make("tr", { class: kind }, make("th", { scope: "row", title: kind }, text.line(path || "payload")), cell(before, "before"), make("td", { class: "to" }, "→"), cell(after, "after"));
    };
    const table = make("table", { class: "changes" }, list.slice(0, 200).map(row));
    return [table, list.length > 200 && make("p", { class: "muted" }, `and ${text.count(list.length - 200)} more`)];
  }

  function payload(bytes) {
    const { make } = dom;
    const p = text.payload(bytes);
    const section = (title, copies, ...body) => make("section", {}, make("div", { class: "row" }, make("h3", {}, title), make("span", { class: "grow" }), copies), body);
    if (p.kind === "empty") return section("Payload", null, make("p", { class: "muted" }, "Empty."));
    if (p.kind === "binary") {
      return section("Payload, binary", dom.copyButton("Copy Base64", () => text.base64(bytes)), long(bytes.length * 4, (all) => text.hex(all ? bytes : bytes.subarray(0, LONG / 4))));
    }
    const tokens = json.tokens(p.text);
    const copies = dom.copyButton("Copy", p.text);
    if (!tokens) return section("Payload, text", copies, long(p.text.length, (all) => text.seen(all ? p.text : p.text.slice(0, LONG))));
    return section("Payload, JSON", copies, long(p.text.length, (all) => coloured(json.pretty(tokens), all ? Infinity : LONG)));
  }

  // long shows the beginning of what is long, and all of it when asked to.
  function long(length, body) {
    const pre = dom.make("pre", { class: "payload", tabindex: "0" }, body(length <= LONG));
    if (length <= LONG) return pre;
    const more = dom.make("button", { type: "button", class: "small", onclick: () => { dom.replace(pre, body(true)); more.remove(); } }, "Show all of it");
    return [pre, more];
  }

  function coloured(tokens, limit) {
    const out = [];
    let length = 0;
    for (const { kind, text: whole } of tokens) {
      if (length >= limit) break;
      const s = whole.slice(0, limit - length);
      length += s.length;
      out.push(kind === "space" || kind === "mark" ? s : dom.make("span", { class: "j-" + kind }, text.line(s)));
    }
    return out;
  }

  // around lists what was said just before and after, on all topics.
  function around(run, event, act) {
    const { make } = dom;
    const at = run.events.at[event];
    const rows = [];
    for (let i = Math.max(event - AROUND, 0); i <= Math.min(event + AROUND, run.events.n - 1); i++) {
      const e = run.event(i);
      const gap = e.at - at;
      const what = model.isMessage(e.kind) ? text.snippet(run.payload(i), 80) : [model.KINDS[e.kind], e.client, e.note].filter(Boolean).join(" ");
      rows.push(make("tr", { class: i === event ? "here" : "", onclick: () => act.go(i) },
        make("td", { class: "gap" }, i === event ? "this" : make("button", { type: "button", class: "link" }, (gap < 0 ? "" : "+") + text.duration(gap))), // the click is the row's
        make("td", {}, make("span", { class: "source " + model.SPEAKERS[run.speakerOf(i)] }, text.line(e.topic || "·"))),
        make("td", { class: "code" }, text.line(what))));
    }
    return make("section", {}, make("h3", {}, "Around it"), make("table", { class: "around" }, rows));
  }

  // showSpan returns the elements for a step, an expectation, a fault or a gap.
  function showSpan(span, run, act) {
    const { make } = dom;
    const rows = [["From", text.offset(span.from)], ["To", `${text.offset(span.to)}, ${text.duration(span.to - span.from)} later`]];
    if (span.topic) rows.push(["Topic", text.line(span.topic)]);
    if (span.line) rows.push(["Line", text.line(`${run.facts.file ?? ""}:${span.line}`)]);
    return [
      make("div", { class: "inspector-head" },
        title(text.line(`${span.kind}: ${span.label}`), act),
        make("div", { class: "row" },
          make("span", { class: "status " + (span.failed ? "failed" : "passed") }, span.failed ? "failed" : "held"),
          make("span", { class: "grow" }),
          make("button", { type: "button", class: "small", onclick: () => act.zoom(span) }, "Zoom to it"))),
      make("p", { class: "note" }, text.line(span.text ?? "")),
      make("dl", { class: "pairs" }, rows.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
    ];
  }

  return { show, showSpan };
})();
