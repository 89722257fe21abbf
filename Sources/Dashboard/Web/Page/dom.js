// Elements and small texts.

/** Makes an element: h("a.button", {href: "#"}, "text", child). `on…` attributes are listeners; null and false leave an attribute out. */
export function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts these children in place of all others; null and false are left out. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

/** An element of SVG. */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children.flat());
  return element;
}

/** Time since then as kubectl tells it: 45s, 5m10s, 3h, 12d. */
export function age(time, now = Date.now()) {
  if (!time) return "";
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  const pair = (large, unit, small, smallUnit) => large + unit + (small ? small + smallUnit : "");
  if (seconds < 120) return seconds + "s";
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return minutes + "m";
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, "h", minutes % 60, "m");
  if (hours < 48) return hours + "h";
  const days = Math.floor(hours / 24);
  return days < 8 ? pair(days, "d", hours % 24, "h") : days < 730 ? days + "d" : Math.floor(days / 365) + "y";
}

/** A note that goes by itself; errors stay until they are clicked. */
export function toast(text, isError = false) {
  const note = h("div.toast" + (isError ? ".bad" : ""), { onclick: () => note.remove() }, text);
  document.getElementById("toasts").append(note);
  if (!isError) setTimeout(() => note.remove(), 4000);
}

/** Asks in a dialog. Answers with the input's text, true without input, or null when it was called off. */
export function ask(title, text, { input, action = "OK", danger = false } = {}) {
  return new Promise((resolve) => {
    const field = input === undefined ? null : h("input", { value: String(input), "aria-label": title, autofocus: true });
    const dialog = h("dialog", { onclose: () => { dialog.remove(); resolve(null); } },
      h("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); resolve(field ? field.value : true); dialog.close(); } },
        h("h2", {}, title), text ? h("p", {}, text) : null, field,
        h("div.buttons", {},
          h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
          h("button" + (danger ? ".danger" : ".primary"), { type: "submit", autofocus: !field }, action))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

let tones = { words: {}, badEndings: [], badBeginnings: [] };

/** The server knows which words are urgent. */
export function useTones(value) { tones = value; }

/** How urgent a state is: plain, quiet, warning, bad. */
export function tone(state) {
  const of = (word) => tones.words[word]
    ?? (tones.badEndings.some((end) => word.endsWith(end)) || tones.badBeginnings.some((start) => word.startsWith(start)) ? "bad" : "plain");
  const found = String(state).split(/[,:]/).map(of);
  return ["bad", "warning", "quiet"].find((one) => found.includes(one)) ?? "plain";
}

/** A state with a coloured dot. */
export function state(text) { return h("span.state." + tone(text), {}, text); }
