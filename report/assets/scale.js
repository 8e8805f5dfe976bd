// scale turns times into places and back, and finds where the ticks of an axis
// stand.
const scale = (() => {
  // above is how many of the sorted numbers are at most x.
  function above(sorted, x, from = 0) {
    let low = from, high = sorted.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (sorted[mid] <= x) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  // below is how many of them are less than x.
  function below(sorted, x, from = 0) {
    let low = from, high = sorted.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (sorted[mid] < x) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  class Scale {
    constructor(from, to, width) {
      this.from = from;
      this.to = to;
      this.width = width;
      this.perPixel = (to - from) / Math.max(width, 1);
    }

    x(time) {
      return (time - this.from) / this.perPixel;
    }

    time(x) {
      return this.from + x * this.perPixel;
    }
  }

  const { MS, S, MIN, H, DAY } = text;
  const STEPS = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5,
    MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS,
    S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, MIN, 2 * MIN, 5 * MIN, 10 * MIN, 15 * MIN, 30 * MIN,
    H, 2 * H, 3 * H, 6 * H, 12 * H, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY,
  ];

  // ticks returns {step, at: [times]}, at least so many pixels apart. With a start
  // they stand at round times of its zone's clock.
  function ticks(s, start, apart = 90) {
    const step = STEPS.find((x) => x / s.perPixel >= apart) ?? STEPS[STEPS.length - 1];
    const zero = start && step >= MS ? -((start.unix_ms + start.offset * 1000) % (DAY / MS)) * MS : 0;
    const at = [];
    // After a change of the clocks only what is longer than its hour is no longer round.
    const moved = (t) => (start && step > H ? t + (start.offset - text.zoneAt(start, t).offset) * S : t);
    for (let t = Math.ceil((s.from - zero) / step) * step + zero; t <= s.to && at.length < 200; t += step) at.push(moved(t));
    return { step, at };
  }

  const digits = (step) => (step >= S ? 0 : step >= 100 * MS ? 1 : step >= 10 * MS ? 2 : step >= MS ? 3 : step >= 1000 ? 6 : 9);

  // label writes a tick.
  function label(time, step, start) {
    if (!start) return text.offset(Math.round(time), digits(step));
    const d = text.local(start, Math.round(time));
    const midnight = d.getUTCHours() + d.getUTCMinutes() + d.getUTCSeconds() === 0;
    if (step >= DAY || (midnight && step >= MIN)) return text.day(start, Math.round(time)).slice(0, -5);
    const clock = text.clock(start, Math.round(time), Math.min(digits(step), 3));
    return step >= MIN ? clock.slice(0, 5) : clock;
  }

  return { Scale, above, below, ticks, label, digits };
})();
