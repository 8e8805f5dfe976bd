// gestures are what pointers and wheels do to a timeline.
const gestures = (() => {
  const STILL = 4; // pixels that are no movement yet

  // attach listens on the places of a timeline: its lanes, its axis and its map.
  function attach(t) {
    wheel(t);
    lanes(t);
    axis(t);
    map(t);
  }

  const xIn = (event, element) => event.clientX - element.getBoundingClientRect().left;

  function wheel(t) {
    const unit = (event) => (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    const zoom = (event) => t.zoomAt(t.scale.time(xIn(event, t.canvas)), Math.exp(event.deltaY * unit(event) * (event.ctrlKey ? 0.006 : 0.002)));
    t.scroller.addEventListener("wheel", (event) => {
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey || event.altKey) zoom(event);
      else if (Math.abs(across) > Math.abs(event.deltaY) || event.shiftKey) t.pan(across * unit(event) * t.scale.perPixel);
      else return; // the browser scrolls
      event.preventDefault();
    }, { passive: false });
    for (const place of [t.ruler, t.mapCanvas]) {
      place.addEventListener("wheel", (event) => {
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) t.pan(event.deltaX * unit(event) * t.scale.perPixel);
        else zoom(event);
        event.preventDefault();
      }, { passive: false });
    }
  }

  // drag follows a pointer from where it went down; begin may refuse it.
  function drag(place, begin) {
    place.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const moves = begin(event);
      if (!moves) return;
      const move = (next) => next.pointerId === event.pointerId && moves.move(next);
      const end = (last) => {
        if (last.pointerId !== event.pointerId) return;
        place.removeEventListener("pointermove", move);
        place.removeEventListener("pointerup", end);
        place.removeEventListener("pointercancel", end);
        moves.end?.(last);
      };
      place.setPointerCapture(event.pointerId);
      place.addEventListener("pointermove", move);
      place.addEventListener("pointerup", end);
      place.addEventListener("pointercancel", end);
    });
  }

  function lanes(t) {
    const touches = new Map(); // fingers that are down: pointer id to x
    const onLabel = (event) => event.target.closest(".label") !== null || xIn(event, t.canvas) > t.width || xIn(event, t.canvas) < 0;
    drag(t.scroller, (first) => {
      if (onLabel(first)) return null;
      t.scroller.focus({ preventScroll: true });
      touches.set(first.pointerId, first.clientX);
      const selects = first.shiftKey;
      let last = first.clientX, moved = false;
      return {
        move(event) {
          const apart = spread(touches);
          touches.set(event.pointerId, event.clientX);
          if (touches.size === 2) {
            moved = true;
            if (apart > 0) t.zoomAt(t.scale.time(middle(touches) - t.canvas.getBoundingClientRect().left), apart / Math.max(spread(touches), 10));
            last = event.clientX;
            return;
          }
          if (!moved && Math.abs(event.clientX - first.clientX) < STILL) return;
          moved = true;
          if (selects) t.brush(xIn(first, t.canvas), xIn(event, t.canvas));
          else t.pan((last - event.clientX) * t.scale.perPixel);
          last = event.clientX;
        },
        end(event) {
          touches.delete(event.pointerId);
          if (event.type === "pointercancel") return t.dropBrush();
          if (!moved) t.click(event);
          else if (selects) t.zoomBrush();
        },
      };
    });
    t.scroller.addEventListener("pointermove", (event) => t.hover(onLabel(event) ? null : event));
    t.scroller.addEventListener("pointerleave", () => t.hover(null));
    t.scroller.addEventListener("dblclick", (event) => {
      if (!onLabel(event)) t.zoomAt(t.scale.time(xIn(event, t.canvas)), event.shiftKey ? 3 : 1 / 3);
    });
    t.scroller.addEventListener("scroll", () => t.redraw());
  }

  const spread = (touches) => {
    const [a, b] = touches.values();
    return b === undefined ? 0 : Math.abs(a - b);
  };
  const middle = (touches) => {
    const [a, b] = touches.values();
    return (a + b) / 2;
  };

  // On the axis a stretch is chosen, and shown; a click goes to a failure.
  function axis(t) {
    drag(t.ruler, (first) => {
      let moved = false;
      return {
        move(event) {
          moved ||= Math.abs(event.clientX - first.clientX) >= STILL;
          if (moved) t.brush(xIn(first, t.ruler), xIn(event, t.ruler));
        },
        end(event) {
          if (moved && event.type === "pointerup") t.zoomBrush();
          else t.dropBrush();
        },
      };
    });
    t.ruler.addEventListener("dblclick", () => t.fit());
  }

  // On the map the part that is shown is moved, or one of its ends is; elsewhere a
  // new part begins.
  function map(t) {
    const GRIP = 7;
    drag(t.mapCanvas, (first) => {
      const s = t.map.scale(t.width);
      const x0 = xIn(first, t.mapCanvas);
      const { from, to } = t.part;
      const onFrom = Math.abs(x0 - s.x(from)) < GRIP, onTo = Math.abs(x0 - s.x(to)) < GRIP;
      const inside = x0 > s.x(from) && x0 < s.x(to) && to - from < (t.extent.to - t.extent.from) * 0.98;
      return {
        move(event) {
          const x = xIn(event, t.mapCanvas), time = s.time(x);
          if (onTo) t.show(Math.min(from, time), Math.max(from, time));
          else if (onFrom) t.show(Math.min(to, time), Math.max(to, time));
          else if (inside) t.show(from + (x - x0) * s.perPixel, to + (x - x0) * s.perPixel);
          else if (Math.abs(x - x0) >= STILL) t.show(s.time(Math.min(x, x0)), s.time(Math.max(x, x0)));
        },
        end(event) {
          const moved = Math.abs(event.clientX - first.clientX) >= STILL;
          if (!moved && !onFrom && !onTo && !inside) t.centre(s.time(x0));
        },
      };
    });
  }

  return { attach };
})();
