// blocks reads the blocks of a page: facts, and those that are packed: columns of
// events, and payloads.
const blocks = (() => {
  // facts returns what a block of JSON says, null for one that the file ends in.
  function facts(element) {
    try {
      return JSON.parse(element.textContent);
    } catch {
      return null;
    }
  }

  async function unpack(element) {
    const letters = atob(element.textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  class Reader {
    constructor(bytes) {
      this.bytes = bytes;
      this.at = 0;
    }

    uint() {
      let n = 0, scale = 1;
      for (;;) {
        const b = this.bytes[this.at++];
        n += (b & 0x7f) * scale;
        if (b < 0x80) return n;
        scale *= 128;
      }
    }

    // int reads a number whose lowest bit is its sign.
    int() {
      const n = this.uint();
      return n % 2 ? -(n + 1) / 2 : n / 2;
    }

    take(n) {
      this.at += n;
      return this.bytes.subarray(this.at - n, this.at);
    }

    uints(n) {
      const out = new Uint32Array(n);
      for (let i = 0; i < n; i++) out[i] = this.uint();
      return out;
    }

    // texts reads their lengths, then themselves.
    texts(n) {
      return Array.from(this.uints(n), (length) => text.name(this.take(length)));
    }
  }

  // events returns the columns, and how many events are left out after the first
  // head of them.
  async function events(element) {
    const r = new Reader(await unpack(element));
    const n = r.uint(), head = r.uint(), omitted = r.uint();
    const strings = r.texts(r.uint());
    const at = times(r, n);
    const kind = r.take(n), flags = r.take(n);
    const topic = r.uints(n), client = r.uints(n), source = r.uints(n), note = r.uints(n);
    return { n, head, omitted, strings, at, kind, flags, topic, client, source, note, payload: payloadColumn(r, topic, strings.length) };
  }

  function times(r, n) {
    const unit = r.uint();
    const at = new Float64Array(n);
    for (let i = 0, now = 0; i < n; i++) {
      now += r.int();
      at[i] = now * unit;
    }
    return at;
  }

  function payloadColumn(r, topic, topics) {
    const out = new Uint32Array(topic.length);
    const last = new Int32Array(topics);
    for (let i = 0; i < out.length; i++) out[i] = last[topic[i]] += r.int();
    return out;
  }

  // payloads returns a function from a payload's number to its bytes.
  async function payloads(element) {
    const r = new Reader(await unpack(element));
    const lengths = r.uints(r.uint());
    const starts = new Float64Array(lengths.length);
    for (let i = 0, at = r.at; i < lengths.length; at += lengths[i++]) starts[i] = at;
    return (i) => r.bytes.subarray(starts[i], starts[i] + lengths[i]);
  }

  return { facts, events, payloads };
})();
