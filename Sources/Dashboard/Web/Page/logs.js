// The log of a pod's containers, as it comes.

import { h } from "./dom.js";
import { path, lines, send } from "./api.js";

const LIMIT = 5000;

export function showLogs(target, resource, pod, signal) {
  const names = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].map((one) => one.name);
  const usual = pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const choice = h("select", { "aria-label": "Container", onchange: () => read() }, names.map((name) => h("option", { value: name }, name)));
  if (names.includes(usual)) choice.value = usual;
  const previous = h("input", { type: "checkbox", onchange: () => read() });
  const times = h("input", { type: "checkbox", onchange: () => read() });
  const wrap = h("input", { type: "checkbox", checked: true, onchange: () => out.classList.toggle("wrap", wrap.checked) });
  const follow = h("input", { type: "checkbox", checked: true, onchange: () => scroll() });
  const filter = h("input", { type: "search", placeholder: "Filter …  /", "aria-label": "Filter lines", oninput: () => redraw() });
  const out = h("pre.log.wrap", { tabIndex: 0, "aria-label": "Log", onscroll: () => {
    // Whoever scrolls up wants to read.
    follow.checked = out.scrollHeight - out.scrollTop - out.clientHeight < 24;
  } });
  const note = h("p.quiet", {}, "");
  const box = (field, text) => h("label.check", {}, field, text);
  target.replaceChildren(h("div.bar", {}, choice, box(follow, "Follow"), box(wrap, "Wrap"), box(times, "Times"), box(previous, "Previous run"),
    h("span.grow", {}), filter), out, note);

  let kept = [];
  let running = null;
  const scroll = () => { if (follow.checked) out.scrollTop = out.scrollHeight; };
  const plain = (line) => line.replace(/\x1b\[[0-9;?]*[@-~]/g, "");
  const wanted = (line) => !filter.value || line.toLowerCase().includes(filter.value.toLowerCase());
  const redraw = () => { out.textContent = kept.filter(wanted).map((line) => line + "\n").join(""); scroll(); };

  async function read() {
    running?.abort();
    running = new AbortController();
    const mine = running;
    signal.addEventListener("abort", () => mine.abort(), { once: true });
    kept = [];
    redraw();
    note.textContent = "";
    const query = new URLSearchParams({ container: choice.value, tailLines: "1000", timestamps: String(times.checked) });
    query.set(previous.checked ? "previous" : "follow", "true");
    try {
      for await (const part of lines(await send("GET", `${path(resource, pod.metadata.namespace, pod.metadata.name, "log")}?${query}`, { accept: "*/*", signal: mine.signal }))) {
        const fresh = part.map(plain);
        kept.push(...fresh);
        if (kept.length > LIMIT) { kept = kept.slice(-LIMIT); redraw(); continue; }
        out.append(fresh.filter(wanted).map((line) => line + "\n").join(""));
        scroll();
      }
      if (!mine.signal.aborted) note.replaceChildren("The log ends here. ", h("button.plain", { onclick: () => read() }, "Read anew"));
    } catch (error) {
      if (!mine.signal.aborted) note.replaceChildren(error.message + " ", h("button.plain", { onclick: () => read() }, "Try again"));
    }
  }
  read();
}
