// graph draws what the messages of a lane say: the values of a field, or the
// payloads. Each function takes a brush, as those of paint do.
const graph = (() => {
  const ON = new Set([true, "ON", "on", "On", "open", "OPEN", "true", "home", "detected", "unlocked", "occupied"]);
  const OFF = new Set([false, "OFF", "off", "Off", "closed", "CLOSED", "close", "false", "not_home", "clear", "locked", "idle", "none", ""]);
  const UP = new Set(["online", "Online", "ready", "connected", "available", "ok"]);
  const DOWN = new Set(["offline", "Offline", "lost", "error", "unavailable"]);

  function bandColour(k, value) {
    if (ON.has(value)) return k.on;
    if (OFF.has(value)) return k.off;
    if (UP.has(value)) return k.up;
    if (DOWN.has(value)) return k.down;
    const s = String(value);
    let hash = 7;
    for (let i = 0; i < s.length && i < 64; i++) hash = (hash * 31 + s.charCodeAt(i)) >>> 0;
    return k["cat" + (hash % 6)];
  }

  // bands draws a field of words: from each change to the next.
  function bands(b, series, y, h) {
    const end = Math.min(b.s.x(b.until), b.width);
    let drawn = -1; // the last pixel that has something
    for (let i = Math.max(series.index(b.s.from), 0); i < series.at.length && series.at[i] <= b.s.to; i++) {
      const value = series.values[i];
      const from = Math.max(b.s.x(series.at[i]), -2);
      const to = i + 1 < series.at.length ? Math.min(b.s.x(series.at[i + 1]), end) : end;
      if (value === null || to < drawn + 1) continue;
      const width = Math.max(to - from, 1);
      b.c.fillStyle = bandColour(b.k, value);
      b.c.fillRect(from, y + 3, width > 3 ? width - 1 : width, h - 6);
      drawn = Math.floor(from + width);
      const left = Math.max(from, 0) + 5;
      if (to - left > 14) paint.words(b, text.line(String(value)), left, y + h / 2, to - left - 4, b.k.text);
    }
  }

  // line draws a field of numbers, each held until the next one; where many fall
  // on a pixel, from the least to the greatest.
  function line(b, series, y, h) {
    const { low, high } = series.range;
    const place = (v) => y + h - 3 - (high > low ? (v - low) / (high - low) : 0.5) * (h - 6);
    const end = Math.min(b.s.x(b.until), b.width);
    const { c } = b;
    c.beginPath();
    let isDown = false, pen = 0;
    for (let i = Math.max(series.index(b.s.from), 0); i < series.at.length && series.at[i] <= b.s.to; ) {
      const x = Math.max(b.s.x(series.at[i]), -2);
      const next = Math.max(scale.below(series.at, b.s.time(Math.floor(x) + 1), i), i + 1);
      const { least, most, last } = spread(series.values, i, next);
      if (isDown) c.lineTo(x, pen);
      if (least <= most) {
        if (isDown) c.lineTo(x, place(least));
        else c.moveTo(x, place(least));
        if (most > least) c.lineTo(x, place(most));
      }
      isDown = typeof last === "number";
      if (isDown) {
        pen = place(last);
        c.lineTo(x, pen);
        const held = next < series.at.length ? b.s.x(series.at[next]) : end;
        if (next >= series.at.length || held >= end) c.lineTo(Math.min(held, end), pen);
      }
      i = next;
    }
    c.strokeStyle = b.k.graph;
    c.lineWidth = 1.25;
    c.lineJoin = "bevel";
    c.stroke();
  }

  // spread is what is drawn of values that fall on one pixel.
  function spread(values, from, to) {
    let least = Infinity, most = -Infinity;
    for (let i = from; i < to; i++) {
      const v = values[i];
      if (typeof v !== "number") continue;
      if (v < least) least = v;
      if (v > most) most = v;
    }
    return { least, most, last: values[to - 1] };
  }

  // payloads writes what was said beside each message, where there is room.
  function payloads(b, lane, y, h) {
    const { times, events } = lane.messages;
    for (let i = scale.below(times, b.s.from); i < times.length && times[i] <= b.s.to; ) {
      const x = b.s.x(times[i]);
      const next = Math.max(scale.below(times, b.s.time(x + 30), i), i + 1);
      const room = (next < times.length ? Math.min(b.s.x(times[next]), b.width) : b.width) - x - 8;
      if (next === i + 1 && room > 22) {
        const speaker = model.SPEAKERS[lane.run.speakerOf(events[i])];
        paint.words(b, text.snippet(lane.run.payload(events[i]), 100), x + 4, y + h / 2, room, speaker === "app" ? b.k.text : b.k.muted);
      }
      i = next;
    }
  }

  return { bands, line, payloads };
})();
