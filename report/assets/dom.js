// dom makes elements. Data only ever becomes text nodes and attributes.
const dom = (() => {
  // make("button", {class: "x", onclick: f}, "text", element, [more]): null and
  // false, as an attribute or a child, are left out.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    fill(element, children);
    return element;
  }

  function fill(element, children) {
    for (const child of [children].flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) element.append(child);
    }
  }

  function replace(element, ...children) {
    element.replaceChildren();
    fill(element, children);
  }

  // keepingFocus makes a part of the page anew. What had the focus there has it
  // again, found by its name; else the fallback has it.
  function keepingFocus(place, fallback, redo) {
    const { activeElement } = document;
    const name = place.contains(activeElement) ? nameOf(activeElement) : null;
    redo();
    if (name === null || place.contains(document.activeElement)) return;
    const again = [...place.querySelectorAll("button:enabled, a[href], input")].find((element) => nameOf(element) === name);
    (again ?? fallback).focus({ preventScroll: true });
  }

  const nameOf = (element) => element.ariaLabel ?? element.textContent;

  // copyButton copies a text, and says so for a moment.
  function copyButton(label, text) {
    const button = make("button", { type: "button", class: "small" }, label);
    button.addEventListener("click", async () => {
      const done = await copy(typeof text === "function" ? text() : text);
      button.textContent = done ? "Copied" : "Cannot copy";
      setTimeout(() => { button.textContent = label; }, 1500);
    });
    return button;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text); // no clipboard for pages from files, in some browsers
    }
  }

  function copyBySelection(text) {
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  // say tells those who listen to the page instead of looking at it.
  function say(text) {
    document.getElementById("live").textContent = text;
  }

  return { make, replace, keepingFocus, copyButton, say };
})();
