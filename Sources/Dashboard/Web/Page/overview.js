// How the cluster is, at a glance.

import { h, state, tone } from "./dom.js";
import { path, resource, follow, json } from "./api.js";
import { embed, link } from "./list.js";
import { graph, onMetrics, total, wholeCapacity, hasMetrics, cpu, memory } from "./metrics.js";

const card = (title, ...children) => h("section.card", {}, h("h2", {}, title), ...children);

function tile(title, href) {
  const value = h("b", {}, "…");
  const detail = h("span.quiet", {});
  const element = h("a.tile", { href }, h("span", {}, title), value, detail);
  return { element, show(big, small, isBad) { value.textContent = big; detail.textContent = small; element.classList.toggle("bad", isBad); } };
}

export async function showOverview(main, namespace, signal) {
  const [pods, deployments, nodes, events] = await Promise.all(["pods", "deployments.apps", "nodes", "events"].map(resource));
  const tiles = {
    nodes: tile("Nodes", "#/list/nodes"), pods: tile("Pods", "#/list/pods"), deployments: tile("Deployments", "#/list/deployments.apps"),
    warnings: tile("Warnings", "#/list/events"),
  };
  const measures = h("div.graphs", {});
  const troubles = h("tbody", {});
  main.replaceChildren(
    h("div.bar", {}, h("h1", {}, "Overview"), h("span.quiet", {}, namespace ? `namespace ${namespace}` : "all namespaces")),
    h("div.tiles", {}, Object.values(tiles).map((one) => one.element)),
    card("Cluster", measures),
    card("Pods that are not running", h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, ["Pod", "Status", "Why"].map((title) => h("th", {}, title)))), troubles))),
    card("Warnings", embed(events, namespace, { fieldSelector: "type=Warning" }, signal, ["Seen", "Object", "Reason", "Message"],
      (list) => {
        tiles.warnings.show(String(list.length), list.length ? "events of the last hour" : "none", list.length > 0);
        return list.reverse().map(({ cell }) => [cell("last seen"), objectLink(cell("object")), String(cell("reason")), String(cell("message"))]);
      }, { empty: "No warnings.", limit: 20 })));

  const drawMeasures = () => {
    const list = total();
    measures.replaceChildren(...list.length
      ? [graph("CPU", list.map((one) => one.cpu), cpu, wholeCapacity().cpu), graph("Memory", list.map((one) => one.memory), memory, wholeCapacity().memory)]
      : [h("p.quiet", {}, hasMetrics() ? "Nothing is measured yet." : "Measuring …")]);
  };
  drawMeasures();
  signal.addEventListener("abort", onMetrics(drawMeasures));

  const watch = (one, place, tell) => follow(path(one, place), {}, signal, ({ columns, rows }) => {
    const at = (name) => columns.findIndex((column) => column.name.toLowerCase() === name);
    tell([...rows.values()], (row, name) => String(row.cells[at(name)] ?? ""));
  });
  watch(nodes, "", (rows, cell) => {
    const ready = rows.filter((row) => cell(row, "status").split(",").includes("Ready")).length;
    tiles.nodes.show(`${ready}/${rows.length}`, "ready", ready < rows.length);
  });
  watch(deployments, namespace, (rows, cell) => {
    const whole = rows.filter((row) => { const [have, want] = cell(row, "ready").split("/"); return have === want; }).length;
    tiles.deployments.show(`${whole}/${rows.length}`, "complete", whole < rows.length);
  });
  const reasons = new Map();
  watch(pods, namespace, (rows, cell) => {
    const isDone = (row) => tone(cell(row, "status")) === "quiet";
    const lacks = (row) => { const [have, want] = cell(row, "ready").split("/"); return !isDone(row) && (have !== want || tone(cell(row, "status")) !== "plain"); };
    const bad = rows.filter(lacks);
    tiles.pods.show(`${rows.length - bad.length}/${rows.length}`, "running or done", bad.length > 0);
    troubles.replaceChildren(...bad.slice(0, 20).map((row) => {
      const { metadata } = row.object;
      const why = h("td.why", { "data-title": "Why" }, reasons.get(metadata.uid) ?? "");
      json(`/why?${new URLSearchParams({ namespace: metadata.namespace, name: metadata.name })}`, { signal })
        .then(({ reason }) => { reasons.set(metadata.uid, reason ?? ""); why.textContent = reason ?? ""; }).catch(() => {});
      return h("tr", {}, h("td", { "data-title": "Pod" }, h("a.name", { href: link(pods, metadata.namespace, metadata.name) }, metadata.name),
        namespace ? null : h("span.quiet", {}, " " + metadata.namespace)), h("td", { "data-title": "Status" }, state(cell(row, "status"))), why);
    }), bad.length ? "" : h("tr", {}, h("td.empty", { colspan: 3 }, "All pods run or are done.")));
  });
}

/** `pod/web-1` of an event's Table. */
function objectLink(text) { return h("span.mono", {}, String(text)); }


