// scene draws a timeline: its map, its axis, and those of its rows that are in view.
const scene = (() => {
  const SLICE = 8; // milliseconds of a frame that reading payloads may take
  const MAP = 46, RULER = 26; // pixels

  // draw draws all of a timeline, and reports whether there is more to read before
  // all of it can be drawn.
  function draw(t) {
    const { run, palette } = t;
    const height = t.scroller.clientHeight;
    const rows = t.inView();
    const isPending = read(t, rows);
    t.map.draw(t.mapCanvas, t.width, MAP, palette, t.part);
    const start = t.byDate ? run.facts.start : null;
    const ticks = scale.ticks(t.scale, start);
    const brush = (canvas, h) => ({ c: paint.size(canvas, t.width, h), s: t.scale, k: palette, width: t.width, until: run.heardUntil });
    axis(brush(t.ruler, RULER), t, ticks, start);
    const b = brush(t.canvas, height);
    paint.grid(b, height, ticks);
    for (const row of rows) if (!t.isPinned(row)) drawRow(b, t, row);
    pinned(b, t, rows.filter(t.isPinned));
    across(b, t, height);
    return isPending;
  }

  // read reads what the rows in view need, as far as a frame has time for it, and
  // reports whether something is left to do.
  function read(t, rows) {
    if (!t.run.payloadBytes) return true;
    const deadline = performance.now() + SLICE;
    for (const { lane } of rows) {
      if (!lane) continue;
      if (!lane.fields) lane.survey();
      for (const path of lane.shown) {
        const series = lane.seriesOf(path);
        if (!series.done && !series.read(deadline)) return true;
      }
      if (performance.now() > deadline) return true;
    }
    return false;
  }

  function axis(b, t, ticks, start) {
    paint.ruler(b, RULER, ticks, start);
    failures(b, t, RULER);
    brushed(b, t, RULER);
  }

  // pinned draws the rows that stay where they are, over what is scrolled.
  function pinned(b, t, rows) {
    if (rows.length === 0) return;
    b.c.clearRect(0, 0, b.width, t.pinnedHeight);
    for (const row of rows) drawRow(b, t, row);
    b.c.fillStyle = b.k.line;
    b.c.fillRect(0, t.pinnedHeight - 1, b.width, 1);
  }

  function drawRow(b, t, row) {
    const y = t.placeOf(row);
    if (row.kind === "group") fill(b, y, row.h, b.k.panel, 1);
    if (row.lane && t.concerned(row.lane.topic)) fill(b, y, row.h, b.k.bad, 0.08);
    fill(b, y + row.h - 1, 1, b.k.row, 1);
    if (row.kind === "spans") paint.spans(b, row.packed, y + 3, layout.SPAN, t.span);
    else if (row.kind === "marks") paint.marks(b, t.run, y, row.h);
    else if (row.kind === "group" && row.isFolded) paint.mix(b, row.lanes, y + 5, row.h - 10);
    else if (row.kind === "topic") topic(b, row.lane, y);
  }

  function fill(b, y, h, colour, alpha) {
    b.c.globalAlpha = alpha;
    b.c.fillStyle = colour;
    b.c.fillRect(0, y, b.width, h);
    b.c.globalAlpha = 1;
  }

  function topic(b, lane, y) {
    paint.ticks(b, lane, y + 5, layout.NAME - 7);
    if (!lane.shown) return;
    if (lane.shown.length === 0) graph.payloads(b, lane, y + layout.NAME, layout.FIELD);
    lane.shown.forEach((path, i) => {
      const series = lane.seriesOf(path);
      const draw = series.isLine ? graph.line : graph.bands;
      draw(b, series, y + layout.NAME + i * layout.FIELD, layout.FIELD);
    });
  }

  // across draws what concerns all rows.
  function across(b, t, height) {
    for (const span of t.run.facts.spans ?? []) {
      if (span.kind === "gap") unknown(b, height, span, text.line(span.text || span.label || "gap"));
      if (span.kind === "fault") paint.across(b, span.from, span.to, height, b.k.warn, text.line(span.text || span.label));
    }
    const { omission } = t.run;
    if (omission) unknown(b, height, omission, `${text.counted(omission.count, "event")} not kept`);
    failures(b, t, height);
    if (t.cursor !== null) paint.upright(b, t.cursor, height, b.k.faint);
    if (t.selected >= 0) selected(b, t, height);
    brushed(b, t, height);
  }

  // failures draws where they were; beside the one that is looked at the others pale.
  function failures(b, t, height) {
    for (const failure of t.run.facts.failures ?? []) {
      b.c.globalAlpha = !t.failure || t.failure === failure ? 1 : 0.35;
      paint.upright(b, failure.at, height, b.k.bad, t.failure === failure ? 3 : 2);
    }
    b.c.globalAlpha = 1;
  }

  function unknown(b, height, { from, to }, label) {
    paint.unknown(b, from, to, height);
    paint.across(b, from, to, height, b.k.muted, label);
  }

  function selected(b, t, height) {
    const at = t.run.events.at[t.selected];
    paint.upright(b, at, height, b.k.accent);
    const row = t.rowOf(t.selected);
    const y = row ? t.placeOf(row) + (row.kind === "topic" ? 13 : row.h / 2) : -1;
    if (y < t.pinnedHeight && !(row && t.isPinned(row))) return;
    b.c.strokeStyle = b.k.accent;
    b.c.lineWidth = 2;
    b.c.beginPath();
    b.c.arc(b.s.x(at) + 0.5, y, 8, 0, 7);
    b.c.stroke();
  }

  function brushed(b, t, height) {
    if (!t.brushed) return;
    b.c.fillStyle = b.k.accent;
    b.c.globalAlpha = 0.18;
    b.c.fillRect(t.brushed.from, 0, t.brushed.to - t.brushed.from, height);
    b.c.globalAlpha = 1;
  }

  return { draw };
})();
