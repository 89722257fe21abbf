// A list of objects with the server's own columns, live.

import { h, age, state, tone } from "./dom.js";
import { path, word, follow } from "./api.js";
import { plural } from "./main.js";
import { usage, onMetrics, cpu, memory } from "./metrics.js";

const LIMIT = 300;
const STATES = new Set(["status", "state", "phase", "type"]);

export const link = (one, namespace, name, tab) =>
  `#/object/${word(one)}/${encodeURIComponent(namespace || "-")}/${encodeURIComponent(name)}${tab ? "/" + tab : ""}`;

/** A number of a cell such as `3 (5m ago)`, `1/2`, `250m`; NaN for words. */
const number = (cell) => /^\d+(\.\d+)?(?![\d.])/.test(cell) ? parseFloat(cell) : NaN;

function compare(one, other) {
  const [left, right] = [number(one), number(other)];
  return Number.isNaN(left) || Number.isNaN(right) ? String(one).localeCompare(String(other)) : left - right;
}

export async function showList(main, resource, namespace, signal) {
  let table = { columns: [], rows: new Map() };
  let sort = { column: null, down: false };
  let all = false;
  let wide = false;
  const search = h("input", { type: "search", placeholder: "Search …  /", "aria-label": "Search", oninput: () => draw() });
  const count = h("span.quiet", {});
  const more = h("button.plain", { onclick: () => { wide = !wide; draw(); }, "aria-pressed": "false" }, "All columns");
  const head = h("tr", {});
  const body = h("tbody", {});
  const note = h("p.note", { hidden: true });
  main.replaceChildren(
    h("div.bar", {}, h("h1", {}, plural(resource)), count, h("span.grow", {}), more, search),
    note, h("div.scroll", {}, h("table", {}, h("thead", {}, head), body)));
  const showsNamespace = resource.namespaced && !namespace;
  const measured = ["pods", "nodes"].includes(word(resource));

  const cells = (row, shown) => {
    const { metadata } = row.object;
    const result = shown.map(({ column, index }) => {
      const name = column.name.toLowerCase();
      const cell = row.cells[index];
      if (name === "age" && metadata.creationTimestamp) return { sort: -Date.parse(metadata.creationTimestamp), text: age(metadata.creationTimestamp) };
      const text = cell === null || cell === undefined ? "" : String(cell);
      if (column.format === "name" || index === 0 && name === "name") {
        return { sort: text, node: h("a.name", { href: link(resource, metadata.namespace, metadata.name) }, text) };
      }
      if (STATES.has(name)) return { sort: text, node: state(text) };
      if (name === "ready" && /^\d+\/\d+$/.test(text)) {
        const [have, want] = text.split("/").map(Number);
        return { sort: have, node: h("span" + (have < want ? ".warning" : ""), {}, text) };
      }
      return { sort: text, text };
    });
    if (measured) {
      const one = usage(word(resource), metadata.namespace, metadata.name)?.at(-1);
      result.push({ sort: one?.cpu ?? -1, text: one ? cpu(one.cpu) : "" }, { sort: one?.memory ?? -1, text: one ? memory(one.memory) : "" });
    }
    if (showsNamespace) result.unshift({ sort: metadata.namespace, text: metadata.namespace });
    return result;
  };

  const draw = () => {
    const shown = table.columns.map((column, index) => ({ column, index })).filter(({ column }) => wide || !column.priority);
    more.hidden = !table.columns.some((column) => column.priority);
    more.setAttribute("aria-pressed", String(wide));
    const names = [...(showsNamespace ? ["Namespace"] : []), ...shown.map(({ column }) => column.name), ...(measured ? ["CPU", "Memory"] : [])];
    const wanted = search.value.toLowerCase();
    let rows = [...table.rows.values()].map((row) => ({ row, cells: cells(row, shown) }));
    const total = rows.length;
    if (wanted) rows = rows.filter(({ row }) => [row.object.metadata.namespace, ...row.cells].some((cell) => String(cell).toLowerCase().includes(wanted)));
    const place = names.indexOf(sort.column);
    const name = ({ row }) => `${row.object.metadata.namespace ?? ""}/${row.object.metadata.name}`;
    rows.sort((one, other) => {
      const order = place < 0 ? 0 : typeof one.cells[place].sort === "number"
        ? one.cells[place].sort - other.cells[place].sort : compare(one.cells[place].sort ?? "", other.cells[place].sort ?? "");
      return (sort.down ? -order : order) || name(one).localeCompare(name(other));
    });
    count.textContent = wanted ? `${rows.length} of ${total}` : String(total);
    const hidden = all ? 0 : Math.max(0, rows.length - LIMIT);
    const focused = document.activeElement?.closest?.("tr")?.dataset.id;
    head.replaceChildren(...names.map((title) => h("th", { "aria-sort": title === sort.column ? (sort.down ? "descending" : "ascending") : null },
      h("button.plain", { onclick: () => { sort = { column: title, down: sort.column === title && !sort.down }; draw(); } }, title))));
    body.replaceChildren(
      ...rows.slice(0, rows.length - hidden).map(({ row, cells: list }) => h("tr", { "data-id": row.object.metadata.uid },
        list.map((cell, index) => h("td", { "data-title": names[index] }, cell.node ?? cell.text ?? "")))),
      hidden ? h("tr", {}, h("td", { colspan: names.length }, h("button", { onclick: () => { all = true; draw(); } }, `Show ${hidden} more`))) : "",
      total ? "" : h("tr", {}, h("td.empty", { colspan: Math.max(1, names.length) }, table.loaded ? `Nothing here${namespace && resource.namespaced ? " in namespace " + namespace : ""}.` : "Reading …")));
    if (focused) body.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`)?.focus();
  };

  let planned = false;
  const later = () => {
    if (planned) return;
    planned = true;
    setTimeout(() => { planned = false; if (!signal.aborted) draw(); }, 100);
  };
  const ages = setInterval(later, 10000);
  const stopMetrics = measured ? onMetrics(later) : () => {};
  signal.addEventListener("abort", () => { clearInterval(ages); stopMetrics(); });
  draw();
  await follow(path(resource, namespace), {}, signal, (news) => {
    table = { ...news, loaded: true };
    note.hidden = !news.error;
    note.textContent = news.error?.message ?? "";
    later();
  });
}

/** A small live list inside another view. `pick` makes the cells of a row from {cells by column name, metadata}. */
export function embed(resource, namespace, query, signal, titles, pick, { empty = "Nothing here.", limit = 50 } = {}) {
  const body = h("tbody", {});
  const element = h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, titles.map((title) => h("th", {}, title)))), body));
  follow(path(resource, namespace), query, signal, ({ columns, rows, error }) => {
    const list = [...rows.values()].map((row) => ({
      metadata: row.object.metadata, row,
      cell: (name) => row.cells[columns.findIndex((column) => column.name.toLowerCase() === name)] ?? "",
    }));
    const picked = pick(list).slice(0, limit);
    body.replaceChildren(...picked.map((cells) => h("tr", {}, cells.map((cell, index) => h("td", { "data-title": titles[index] }, cell)))),
      picked.length ? "" : h("tr", {}, h("td.empty", { colspan: titles.length }, error ? error.message : empty)));
  });
  return element;
}

export { tone };
