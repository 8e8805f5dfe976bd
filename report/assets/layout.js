// layout places the rows of a timeline below each other.
const layout = (() => {
  const SPAN = 20, NAME = 22, FIELD = 24, GROUP = 26, MARKS = 24;
  const MOST_SPAN_ROWS = 8;

  // rows returns {rows, height, left}: what is shown, how high it is, and how many
  // topics are left out. A view says how: {grouped, chosen, hidden, folded}.
  function rows(run, view) {
    const out = [];
    let y = 0;
    const add = (row) => {
      out.push({ ...row, y });
      y += row.h;
    };
    for (const [kind, title] of [["step", "Steps"], ["expectation", "Expectations"]]) {
      const spans = (run.facts.spans ?? []).filter((s) => s.kind === kind);
      if (spans.length === 0) continue;
      const packed = pack(spans);
      add({ kind: "spans", key: kind, title, packed, h: packed.length * SPAN + 6 });
    }
    if (run.marks.length > 0) add({ kind: "marks", key: "marks", title: "Events", h: MARKS });
    const shown = run.lanes.filter((lane) => view.chosen(lane.topic) && !view.hidden.has(lane.topic));
    if (view.grouped) addGroups(run, shown, view, add);
    else shown.forEach((lane) => add(topicRow(lane, lane.topic)));
    return { rows: out, height: y, left: run.lanes.length - shown.length };
  }

  // pack puts spans onto as few rows as there are at once, those that failed on the
  // first ones.
  function pack(spans) {
    const sorted = [...spans].sort((a, b) => Boolean(b.failed) - Boolean(a.failed) || a.from - b.from);
    const packed = [];
    for (const span of sorted) {
      const free = packed.find((row) => row.every((other) => span.from >= other.to || span.to <= other.from));
      if (free) free.push(span);
      else if (packed.length < MOST_SPAN_ROWS) packed.push([span]);
      else packed[MOST_SPAN_ROWS - 1].push(span);
    }
    return packed;
  }

  function topicRow(lane, title, inGroup = false) {
    const fields = Math.max(lane.shown?.length ?? 1, 1);
    return { kind: "topic", key: "t" + lane.topic, title, lane, inGroup, h: NAME + fields * FIELD };
  }

  function addGroups(run, shown, view, add) {
    const bases = topics.zigbeeBases(run.lanes.map((lane) => lane.topic));
    const groups = new Map();
    for (const lane of shown) {
      const { device, rest } = topics.device(lane.topic, bases);
      if (!groups.has(device)) groups.set(device, []);
      groups.get(device).push({ lane, rest });
    }
    for (const device of [...groups.keys()].sort(topics.compare)) {
      const members = groups.get(device);
      const isFolded = view.folded.has(device);
      add({ kind: "group", key: "g" + device, title: device, device, isFolded, lanes: members.map((m) => m.lane), h: GROUP });
      if (!isFolded) members.forEach(({ lane, rest }) => add(topicRow(lane, rest || own(lane.topic, device), true)));
    }
  }

  // own names a device's own topic by what stands before the device's name.
  function own(topic, device) {
    return topic.endsWith(device) && topic !== device ? topic.slice(0, -device.length) + "…" : topic;
  }

  // at returns the row at a height, or null.
  function at(list, y) {
    const i = scale.above(list.map((row) => row.y), y) - 1;
    return i >= 0 && y < list[i].y + list[i].h ? list[i] : null;
  }

  return { rows, at, SPAN, NAME, FIELD };
})();
