// text writes numbers, times and bytes for people.
const text = (() => {
  const MS = 1e6, S = 1e9, MIN = 60 * S, H = 60 * MIN, DAY = 24 * H;

  const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const counted = (n, what) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;
  const pad = (n, width = 2) => String(n).padStart(width, "0");

  // duration is how long something took: 4 h 12 min, 12.5 s, 180 ms.
  function duration(ns) {
    if (ns < 0) return "−" + duration(-ns);
    if (ns >= DAY) return two(ns, DAY, "d", H, "h");
    if (ns >= H) return two(ns, H, "h", MIN, "min");
    if (ns >= MIN) return two(ns, MIN, "min", S, "s");
    if (ns >= S) return `${short(ns / S)} s`;
    if (ns >= MS) return `${short(ns / MS)} ms`;
    if (ns >= 1000) return `${short(ns / 1000)} µs`;
    return `${ns} ns`;
  }

  function two(ns, unit, name, part, partName) {
    const parts = Math.round(ns / part), per = unit / part;
    const whole = Math.floor(parts / per), rest = parts % per;
    return rest ? `${whole} ${name} ${rest} ${partName}` : `${whole} ${name}`;
  }

  // short has three digits that count.
  const short = (x) => String(Number(x.toPrecision(3)));

  // fraction writes nanoseconds below a second with as many digits, or all that
  // are not zero.
  function fraction(ns, digits) {
    const all = pad(Math.round(ns), 9);
    if (digits !== undefined) return digits ? "." + all.slice(0, digits) : "";
    const cut = all.replace(/0+$/, "");
    return cut ? "." + cut : "";
  }

  // offset is an instant since the start: 1:02:03.5
  function offset(ns, digits) {
    const sign = ns < 0 ? "−" : "";
    if (ns < 0) ns = -ns;
    const s = Math.floor(ns / S);
    const tail = `${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}${fraction(ns - s * S, digits)}`;
    const h = Math.floor(s / 3600);
    return sign + (h >= 48 ? `${Math.floor(h / 24)}d ${pad(h % 24)}:${tail}` : `${h}:${tail}`);
  }

  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  // zoneAt is what the clocks of the run's zone show at an instant: they change.
  const zoneAt = (start, ns) => (start.changes ?? []).findLast((c) => c.at <= ns) ?? start;

  // local is an instant as a date whose UTC fields are those of the run's zone.
  const local = (start, ns) => new Date(start.unix_ms + zoneAt(start, ns).offset * 1000 + Math.floor(ns / MS));

  function day(start, ns) {
    const d = local(start, ns);
    return `${DAYS[d.getUTCDay()]} ${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
  }

  function clock(start, ns, digits = 0) {
    const d = local(start, ns);
    const below = digits ? "." + pad(d.getUTCMilliseconds(), 3).slice(0, digits) : "";
    return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}${below}`;
  }

  const date = (start, ns, digits = 3) => `${day(start, ns)} ${clock(start, ns, digits)} ${line(zoneAt(start, ns).zone)}`;

  // Characters that would change how what follows them is shown, or show nothing.
  const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
  const escaped = (c) => (c.length > 1 ? `\\u{${c.codePointAt(0).toString(16)}}` : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

  // seen shows hidden characters as escapes; line also those that end lines.
  const seen = (s) => s.replace(HIDDEN, escaped);
  const line = (s) => seen(s).replace(/\r/g, "\\r").replace(/\n/g, "\\n").replace(/\t/g, "\\t");

  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  // decode returns the text that bytes are, or null when they are none.
  function decode(bytes) {
    try {
      return strict.decode(bytes);
    } catch {
      return null;
    }
  }

  // name decodes what should be text; bytes that are not are written as \xNN.
  function name(bytes) {
    const s = decode(bytes);
    if (s !== null) return s;
    let out = "";
    for (const b of bytes) out += b >= 32 && b < 127 ? String.fromCharCode(b) : "\\x" + pad(b.toString(16));
    return out;
  }

  // payload says what bytes are: empty, text, or binary.
  function payload(bytes) {
    if (bytes.length === 0) return { kind: "empty", text: "" };
    const s = decode(bytes);
    return s === null || s.includes("\0") ? { kind: "binary", text: "" } : { kind: "text", text: s };
  }

  // snippet is the beginning of a payload on one line.
  function snippet(bytes, limit = 120) {
    if (bytes.length === 0) return "(empty)";
    const p = payload(bytes.length > 4 * limit ? whole(bytes.subarray(0, 4 * limit)) : bytes);
    if (p.kind === "binary") return `(binary, ${counted(bytes.length, "byte")})`;
    return cut(line(p.text), limit);
  }

  const cut = (s, limit) => (s.length > limit ? s.slice(0, limit - 1) + "…" : s);

  // whole leaves out the part of a character at the end.
  function whole(bytes) {
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] & 0xc0) === 0x80) end--;
    return bytes.subarray(0, Math.max(end - 1, 0));
  }

  function hex(bytes) {
    const lines = [];
    for (let at = 0; at < bytes.length; at += 16) {
      const row = [...bytes.subarray(at, at + 16)];
      const digits = row.map((b) => pad(b.toString(16))).join(" ");
      const letters = row.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : "·")).join("");
      lines.push(`${pad(at.toString(16), 6)}  ${digits.padEnd(47)}  ${letters}`);
    }
    return lines.join("\n");
  }

  function base64(bytes) {
    let s = "";
    for (let at = 0; at < bytes.length; at += 0x8000) s += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(s);
  }

  // number writes a value of a line: enough digits to tell it from its neighbours.
  const number = (x) => (Number.isInteger(x) && Math.abs(x) < 1e7 ? String(x) : String(Number(x.toPrecision(5))));

  return {
    MS, S, MIN, H, DAY, count, counted, pad, duration, offset, zoneAt, local, day, clock, date,
    seen, line, cut, name, decode, payload, snippet, hex, base64, number,
  };
})();
