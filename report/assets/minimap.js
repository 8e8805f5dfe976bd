// minimap draws all of a run in a strip: how much was said when, and which part of
// it the timeline shows.
const minimap = (() => {
  // bins counts messages per pixel: all of them, and those of apps.
  function bins(run, extent, width) {
    const all = new Uint32Array(width), apps = new Uint32Array(width);
    const perPixel = (extent.to - extent.from) / width;
    run.messages.events.forEach((event, i) => {
      const x = Math.max(0, Math.min(Math.floor((run.messages.times[i] - extent.from) / perPixel), width - 1));
      all[x]++;
      if (run.speakerOf(event) === 3) apps[x]++;
    });
    return { all, apps, most: all.reduce((a, b) => Math.max(a, b), 1), width };
  }

  // A Strip keeps its counts as long as its width stays.
  class Strip {
    constructor(run, extent) {
      this.run = run;
      this.extent = extent;
      this.bins = null;
    }

    scale(width) {
      return new scale.Scale(this.extent.from, this.extent.to, width);
    }

    draw(canvas, width, height, palette, part) {
      const c = paint.size(canvas, width, height);
      if (width < 1) return;
      if (this.bins?.width !== Math.floor(width)) this.bins = bins(this.run, this.extent, Math.floor(width));
      const b = { c, s: this.scale(width), k: palette, width };
      this.#density(b, height);
      this.#troubles(b, height);
      this.#part(b, height, part);
    }

    #density(b, height) {
      const { all, apps, most } = this.bins;
      const top = Math.log1p(most);
      b.c.fillStyle = b.k.tape;
      b.c.globalAlpha = 0.75;
      all.forEach((n, x) => {
        const h = n && Math.max(2, (Math.log1p(n) / top) * (height - 8));
        b.c.fillRect(x, height - h, 1, h);
      });
      b.c.globalAlpha = 1;
      b.c.fillStyle = b.k.app;
      apps.forEach((n, x) => n && b.c.fillRect(x, height - 5, 1.5, 5));
    }

    #troubles(b, height) {
      for (const span of this.run.facts.spans ?? []) {
        if (span.kind === "fault" || span.kind === "gap") paint.across(b, span.from, span.to, height, span.kind === "gap" ? b.k.muted : b.k.warn, "");
      }
      for (const failure of this.run.facts.failures ?? []) paint.upright(b, failure.at, height, b.k.bad, 2);
    }

    #part(b, height, part) {
      const from = Math.max(b.s.x(part.from), 0), to = Math.min(b.s.x(part.to), b.width);
      b.c.fillStyle = b.k.bg;
      b.c.globalAlpha = 0.62;
      b.c.fillRect(0, 0, from, height);
      b.c.fillRect(to, 0, b.width - to, height);
      b.c.globalAlpha = 1;
      b.c.fillStyle = b.k.accent;
      b.c.fillRect(from, 0, Math.max(to - from, 2), 2);
      for (const x of [Math.max(from, 1), Math.min(to, b.width - 1)]) {
        b.c.fillRect(x - 1, 0, 2, height);
        b.c.fillRect(x - 2, height / 2 - 7, 4, 14);
      }
    }
  }

  return { Strip };
})();
