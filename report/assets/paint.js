// paint draws what stands in a lane. Each function takes a brush: {c, s, k, width}, a
// canvas context, a scale, the colours and the width of the drawing.
const paint = (() => {
  const FONT = "11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
  const SANS = "11px system-ui, sans-serif";
  let letter = 0; // the width of one, in FONT

  // size makes a canvas as large as its place, which it also has where a pixel of
  // the style sheet is several of the screen.
  function size(canvas, width, height) {
    const ratio = devicePixelRatio || 1;
    const w = Math.round(width * ratio), h = Math.round(height * ratio);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = width + "px";
      canvas.style.height = height + "px";
    }
    const c = canvas.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    if (!letter) {
      c.font = FONT;
      letter = c.measureText("m").width;
    }
    return c;
  }

  // words writes a text that has so many pixels, cut to what fits.
  function words(b, s, x, y, room, colour) {
    const fits = Math.floor(room / letter);
    if (fits < 2 || (s.length > fits && fits < 6)) return; // two letters of a word say nothing
    b.c.font = FONT;
    b.c.fillStyle = colour;
    b.c.textBaseline = "middle";
    b.c.fillText(s.length > fits ? s.slice(0, fits - 1) + "…" : s, x, y + 0.5, room);
  }

  // each calls back with the pixels at which something stands, and how much.
  function each(b, times, tell) {
    for (let i = scale.below(times, b.s.from - 3 * b.s.perPixel); i < times.length && times[i] <= b.s.to; ) {
      const x = Math.floor(b.s.x(times[i]));
      const next = Math.max(scale.below(times, b.s.time(x + 1), i), i + 1);
      tell(x, next - i, i);
      i = next;
    }
  }

  // ticks draws messages; where many fall on a pixel it is darker. Those of an
  // app stand out.
  function ticks(b, lane, y, h) {
    lane.bySpeaker.forEach((list, speaker) => {
      if (list.length === 0) return;
      const isApp = model.SPEAKERS[speaker] === "app";
      b.c.fillStyle = b.k[model.SPEAKERS[speaker]];
      let head = -Infinity; // where the last one stands: they do not touch
      each(b, list.times, (x, many) => {
        b.c.globalAlpha = isApp ? 1 : Math.min(1, 0.55 + 0.12 * Math.log2(many));
        if (isApp) {
          b.c.fillRect(x - 1, y, 2, h);
          if (x - head >= 7) b.c.fillRect((head = x) - 2.5, y, 5, 4);
        } else {
          b.c.fillRect(x, y + 3, 1.5, h - 3);
        }
      });
    });
    b.c.globalAlpha = 1;
    drops(b, lane.drops, y, h);
  }

  function drops(b, list, y, h) {
    b.c.strokeStyle = b.k.bad;
    b.c.lineWidth = 1.5;
    each(b, list.times, (x) => cross(b.c, x + 0.5, y + h / 2, 3));
  }

  function cross(c, x, y, r) {
    c.beginPath();
    c.moveTo(x - r, y - r);
    c.lineTo(x + r, y + r);
    c.moveTo(x + r, y - r);
    c.lineTo(x - r, y + r);
    c.stroke();
  }

  // mix draws the messages of several lanes in one row.
  function mix(b, lanes, y, h) {
    for (const lane of lanes) ticks(b, lane, y, h);
  }

  // spans draws steps and expectations, each on its row, and a ring around the one
  // that is looked at.
  function spans(b, rows, y, h, looked) {
    rows.forEach((list, row) => {
      for (const span of list) {
        if (span.to < b.s.from || span.from > b.s.to) continue;
        const to = Math.min(b.s.x(span.to), b.width + 4), least = span.failed ? 6 : 3;
        const from = Math.min(Math.max(b.s.x(span.from), -4), to - least);
        spanBox(b, span, from, to - from, y + row * h + 2, h - 4);
        if (span === looked) ring(b, from, y + row * h + 1, to - from, h - 2);
      }
    });
  }

  function spanBox(b, span, x, width, y, h) {
    const colour = span.failed ? b.k.bad : span.kind === "step" ? b.k.accent : b.k.good;
    b.c.fillStyle = colour;
    b.c.globalAlpha = span.failed ? 0.28 : 0.16;
    b.c.fillRect(x, y, width, h);
    b.c.globalAlpha = 1;
    b.c.fillRect(x, y, 2, h);
    if (span.failed) b.c.fillRect(x, y + h - 2, width, 2);
    const left = Math.max(x, 0) + 6;
    words(b, text.line(span.label + (span.text ? "  " + span.text : "")), left, y + h / 2, x + width - left - 3, b.k.text);
  }

  function ring(b, x, y, width, height) {
    b.c.strokeStyle = b.k.accent;
    b.c.lineWidth = 2;
    b.c.strokeRect(x, y, width, height);
  }

  const MARKS = {
    [model.KIND.CONNECT]: (c, x, y) => triangle(c, x, y, -4), [model.KIND.DISCONNECT]: (c, x, y) => triangle(c, x, y, 4),
    [model.KIND.SUBSCRIBE]: (c, x, y) => dot(c, x, y, 2), [model.KIND.NOTE]: (c, x, y) => dot(c, x, y, 3.5),
    [model.KIND.DROP]: (c, x, y) => cross(c, x, y, 3.5), [model.KIND.FAULT]: diamond,
  };

  function triangle(c, x, y, r) {
    c.beginPath();
    c.moveTo(x, y + r);
    c.lineTo(x + 4, y - r);
    c.lineTo(x - 4, y - r);
    c.fill();
  }

  function dot(c, x, y, r) {
    c.beginPath();
    c.arc(x, y, r, 0, 7);
    c.fill();
  }

  function diamond(c, x, y) {
    c.beginPath();
    c.moveTo(x, y - 5);
    c.lineTo(x + 5, y);
    c.lineTo(x, y + 5);
    c.lineTo(x - 5, y);
    c.fill();
  }

  function markColour(k, kind) {
    const K = model.KIND;
    return { [K.CONNECT]: k.good, [K.DISCONNECT]: k.warn, [K.SUBSCRIBE]: k.muted, [K.DROP]: k.bad, [K.FAULT]: k.warn, [K.NOTE]: k.accent }[kind];
  }

  // marks draws what is no message; of several on a pixel the gravest one.
  const GRAVITY = [0, 0, 0, 2, 3, 1, 6, 5, 4];
  function marks(b, run, y, h) {
    const { events, times } = run.marks;
    each(b, times, (x, many, first) => {
      let kind = run.events.kind[events[first]];
      for (let i = first + 1; i < first + Math.min(many, 50); i++) {
        if (GRAVITY[run.events.kind[events[i]]] > GRAVITY[kind]) kind = run.events.kind[events[i]];
      }
      b.c.fillStyle = b.c.strokeStyle = markColour(b.k, kind);
      b.c.lineWidth = 1.5;
      MARKS[kind](b.c, x + 0.5, y + h / 2);
      const next = scale.below(times, b.s.time(x + 40), first);
      const room = (next < times.length ? b.s.x(times[next]) : b.width) - x - 14;
      if (next === first + 1 && room > 30) words(b, markText(run.event(events[first])), x + 8, y + h / 2, Math.min(room, 260), b.k.muted);
    });
  }

  function markText(e) {
    const words = e.kind === model.KIND.NOTE ? [e.note, e.topic, e.client] : [model.KINDS[e.kind], e.client, e.topic, e.note];
    return text.line(words.filter(Boolean).join(" "));
  }

  // across shades a stretch over all lanes: a fault, a gap, what was left out.
  function across(b, from, to, height, colour, label) {
    const x = Math.max(b.s.x(from), -1), end = Math.min(b.s.x(to), b.width + 1);
    if (end < 0 || x > b.width) return;
    const width = Math.max(end - x, 1.5);
    b.c.fillStyle = colour;
    b.c.globalAlpha = 0.1;
    b.c.fillRect(x, 0, width, height);
    b.c.globalAlpha = 0.7;
    b.c.fillRect(x, 0, 1, height);
    b.c.fillRect(x + width - 1, 0, 1, height);
    b.c.globalAlpha = 1;
    hatch(b, x, width, height, colour);
    tag(b, label, Math.max(x, 0) + 4, height - 11, Math.min(end, b.width) - Math.max(x, 0) - 8);
  }

  // tag writes a text on a ground of its own.
  function tag(b, label, x, y, room) {
    const width = Math.min(label.length * letter + 6, room);
    if (width < 5 * letter) return;
    b.c.fillStyle = b.k.bg;
    b.c.globalAlpha = 0.85;
    b.c.fillRect(x, y - 8, width, 16);
    b.c.globalAlpha = 1;
    words(b, label, x + 3, y, width - 4, b.k.text);
  }

  // unknown pales what is drawn of a stretch of which nothing is known.
  function unknown(b, from, to, height) {
    b.c.fillStyle = b.k.bg;
    b.c.globalAlpha = 0.7;
    b.c.fillRect(b.s.x(from), 0, b.s.x(to) - b.s.x(from), height);
    b.c.globalAlpha = 1;
  }

  function hatch(b, x, width, height, colour) {
    b.c.save();
    b.c.beginPath();
    b.c.rect(x, 0, width, height);
    b.c.clip();
    b.c.strokeStyle = colour;
    b.c.globalAlpha = 0.12;
    b.c.lineWidth = 1;
    b.c.beginPath();
    for (let at = x - height - (x % 9); at < x + width; at += 9) {
      b.c.moveTo(at, height);
      b.c.lineTo(at + height, 0);
    }
    b.c.stroke();
    b.c.restore();
  }

  // ruler draws an axis, and where failures stand on it.
  function ruler(b, height, ticks, start) {
    b.c.font = SANS;
    b.c.textBaseline = "middle";
    for (const t of ticks.at) {
      const x = Math.round(b.s.x(t));
      b.c.fillStyle = b.k.line;
      b.c.fillRect(x, height - 6, 1, 6);
      b.c.fillStyle = b.k.muted;
      b.c.fillText(scale.label(t, ticks.step, start), x + 4, height / 2);
    }
  }

  function grid(b, height, ticks) {
    b.c.fillStyle = b.k.row;
    for (const t of ticks.at) b.c.fillRect(Math.round(b.s.x(t)), 0, 1, height);
  }

  function upright(b, time, height, colour, width = 1) {
    const x = Math.round(b.s.x(time));
    if (x < -2 || x > b.width + 2) return;
    b.c.fillStyle = colour;
    b.c.fillRect(x - (width > 1 ? 1 : 0), 0, width, height);
  }

  return { size, words, ticks, mix, spans, marks, markText, across, unknown, ruler, grid, upright, dot };
})();
