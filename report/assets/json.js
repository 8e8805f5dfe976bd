// json reads JSON without changing it: numbers keep their digits, and of two
// equal keys both are kept.
const json = (() => {
  const TOKEN = /\s*(?:(")|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],:]))/y;

  // tokens returns [{kind, text}] with kind string, number, word or mark; null for
  // a text that is no JSON.
  function tokens(source) {
    try {
      JSON.parse(source);
    } catch {
      return null;
    }
    const out = [];
    TOKEN.lastIndex = 0;
    for (let m; (m = TOKEN.exec(source)); ) {
      const kind = m[1] ? "string" : m[2] ? "number" : m[3] ? "word" : "mark";
      const from = TOKEN.lastIndex - 1;
      if (m[1]) TOKEN.lastIndex = endOfString(source, from);
      out.push({ kind, text: m[1] ? source.slice(from, TOKEN.lastIndex) : m[2] ?? m[3] ?? m[4] });
    }
    return out;
  }

  // endOfString is behind the quote that ends a string. It is no expression:
  // those give up on strings of some megabytes.
  function endOfString(source, from) {
    for (let at = from + 1; ; at++) {
      at = source.indexOf('"', at);
      let backslashes = 0;
      while (source[at - 1 - backslashes] === "\\") backslashes++;
      if (backslashes % 2 === 0) return at + 1;
    }
  }

  const DEEPEST = 100; // levels; below them nothing is indented further, or compared

  // pretty returns the tokens with the spaces and line ends of a readable layout
  // between them, keys as a kind of their own. What is short stays on one line.
  function pretty(list) {
    const out = [];
    const ends = closings(list);
    let depth = 0, flat = 0; // flat: how many brackets that stay on one line are open
    const newline = () => out.push({ kind: "space", text: flat ? " " : "\n" + "  ".repeat(Math.min(depth, DEEPEST)) });
    list.forEach((token, i) => {
      const next = list[i + 1];
      if (token.kind !== "mark") {
        out.push(next && next.text === ":" && next.kind === "mark" ? { kind: "key", text: token.text } : token);
      } else if (token.text === "{" || token.text === "[") {
        out.push(token);
        depth++;
        if (flat || isShort(list, i, ends.get(i))) flat++;
        else newline();
      } else if (token.text === "}" || token.text === "]") {
        depth--;
        if (flat) flat--;
        else newline();
        out.push(token);
      } else {
        out.push(token);
        if (token.text === ",") newline();
        else out.push({ kind: "space", text: " " });
      }
    });
    return out;
  }

  // closings maps each opening bracket to its closing one.
  function closings(list) {
    const open = [], ends = new Map();
    list.forEach((token, i) => {
      if (token.kind !== "mark") return;
      if (token.text === "{" || token.text === "[") open.push(i);
      if (token.text === "}" || token.text === "]") ends.set(open.pop(), i);
    });
    return ends;
  }

  const SHORT = 60; // characters that stay on one line, below the top
  function isShort(list, from, to) {
    if (to === from + 1) return true;
    if (from === 0) return false;
    let length = 0;
    for (let i = from; i <= to && length <= SHORT; i++) length += list[i].text.length + 1;
    return length <= SHORT;
  }

  // leaves returns a Map from the path of each value that is no object or array to
  // how it is written; null for a text that is no JSON, or too deep.
  function leaves(source) {
    const list = tokens(source);
    if (!list || depthOf(list) > DEEPEST) return null;
    const out = new Map();
    let i = 0;
    const value = (path) => {
      const token = list[i++];
      if (token.kind !== "mark") return out.set(path, token.text);
      const end = token.text === "{" ? "}" : "]";
      if (list[i].text === end && list[i].kind === "mark") {
        i++;
        return out.set(path, token.text + end);
      }
      for (let n = 0; ; n++) {
        if (end === "}") {
          const key = JSON.parse(list[i].text);
          i += 2;
          value(path ? `${path}.${key}` : key);
        } else {
          value(`${path}[${n}]`);
        }
        if (list[i++].text === end) return out;
      }
    };
    value("");
    return out;
  }

  function depthOf(list) {
    let depth = 0, deepest = 0;
    for (const token of list) {
      if (token.kind !== "mark") continue;
      if (token.text === "{" || token.text === "[") deepest = Math.max(deepest, ++depth);
      if (token.text === "}" || token.text === "]") depth--;
    }
    return deepest;
  }

  // changes compares two sources of JSON leaf by leaf: [{path, before, after}], of
  // which one is undefined when the leaf is not there; null when they have no leaves.
  function changes(before, after) {
    const a = leaves(before), b = leaves(after);
    if (!a || !b) return null;
    const out = [];
    for (const [path, now] of b) if (a.get(path) !== now) out.push({ path, before: a.get(path), after: now });
    for (const [path, was] of a) if (!b.has(path)) out.push({ path, before: was, after: undefined });
    return out;
  }

  return { tokens, pretty, leaves, changes };
})();
