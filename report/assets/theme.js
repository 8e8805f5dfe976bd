// theme is light or dark: as the system says, until somebody says otherwise.
const theme = (() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const KEY = "hubtape-theme";
  const listeners = new Set();
  let said = stored();

  // Pages from files may have no storage.
  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function current() {
    return said === "light" || said === "dark" ? said : dark.matches ? "dark" : "light";
  }

  function apply() {
    document.documentElement.dataset.theme = current();
    listeners.forEach((tell) => tell());
  }

  function toggle() {
    said = current() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, said);
    } catch { /* only for this time, then */ }
    apply();
  }

  const NAMES = [
    "bg", "panel", "line", "text", "muted", "faint", "accent", "bad", "warn", "good", "row", "mark",
    "tape", "scenario", "device", "app", "on", "up", "off", "down", "graph",
    "cat0", "cat1", "cat2", "cat3", "cat4", "cat5",
  ];

  // palette returns the colours of the style sheet, for canvases.
  function palette() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  }

  // onChange tells of each change, until the function that it returns is called.
  function onChange(tell) {
    listeners.add(tell);
    return () => listeners.delete(tell);
  }

  dark.addEventListener("change", apply);
  apply();

  return { toggle, palette, isCalm: () => calm.matches, onChange };
})();
