// help lists the keys.
const help = (() => {
  const KEYS = [
    ["?", "this list"],
    ["/", "search, or filter topics; Enter keeps what was typed, Esc does not"],
    ["n  N", "next failure, previous failure"],
    ["u", "up to all runs"],
    ["←  →", "move; with a message: the one before, the next on its topic"],
    ["Shift ←  →", "move far; with a message: of all topics that are shown"],
    ["j  k", "next, previous message of all topics that are shown"],
    ["e  E", "next, previous step or expectation"],
    ["↑  ↓  +  −", "zoom in, zoom out"],
    ["Page ↑  Page ↓", "other topics, when the timeline has the focus"],
    ["w a s d", "zoom and move, also with a message"],
    ["0", "show all"],
    ["g", "group topics by device"],
    ["t", "time since the start, or date"],
    ["Esc", "close what is open"],
  ];

  let dialog = null;

  function open() {
    const { make } = dom;
    dialog ??= make("dialog", { class: "help", "aria-label": "Keyboard shortcuts" },
      make("h2", {}, "Keys"),
      make("table", {}, KEYS.map(([keys, what]) => make("tr", {}, make("th", { scope: "row" }, keys.split("  ").map((key) => make("kbd", {}, key))), make("td", {}, what)))),
      make("p", { class: "muted" }, "Ctrl or ⌘ and the wheel zoom; so do two fingers. Shift and dragging zoom into a stretch, as does dragging on the axis."),
      make("form", { method: "dialog" }, make("button", { class: "small" }, "Close")));
    if (!dialog.isConnected) document.body.append(dialog);
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  return { open };
})();
