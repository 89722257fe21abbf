// What nodes and pods use, read every 15 seconds while somebody looks, and kept as long as the page lives.

import { h, s } from "./dom.js";
import { json } from "./api.js";

const KEEP = 240;
const samples = { nodes: new Map(), pods: new Map() };
const listeners = new Set();
let capacity = { cpu: 0, memory: 0 };
let isThere = false;

const UNITS = { n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** An amount of Kubernetes as a number: `250m` is 0.25. */
export function quantity(text) {
  const [, value, unit] = /^([0-9.eE+-]*?)([a-zA-Z]{0,2})$/.exec(text ?? "0") ?? [null, "0", ""];
  return Number(value) * (UNITS[unit] ?? 1);
}

export const cpu = (cores) => cores >= 10 ? cores.toFixed(1) : `${Math.round(cores * 1000)}m`;
export const memory = (bytes) => bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} Gi` : `${Math.round(bytes / 2 ** 20)} Mi`;
export const share = (used, whole) => whole ? `${Math.round(used / whole * 100)} %` : "";

/** Samples of one object, oldest first; undefined when it is not measured. */
export const usage = (kind, namespace, name) => samples[kind].get(kind === "pods" ? `${namespace}/${name}` : name);
export const hasMetrics = () => isThere;
export const wholeCapacity = () => capacity;

/** Of all nodes together, oldest first. */
export function total() {
  const series = [...samples.nodes.values()];
  const length = Math.max(0, ...series.map((one) => one.length));
  return Array.from({ length }, (_, index) => series.reduce((sum, one) => {
    const sample = one.at(index - length);
    return { cpu: sum.cpu + (sample?.cpu ?? 0), memory: sum.memory + (sample?.memory ?? 0) };
  }, { cpu: 0, memory: 0 }));
}

/** Calls back after each reading. Returns what ends that. */
export function onMetrics(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function note(map, name, amounts) {
  const list = map.get(name) ?? [];
  list.push(amounts);
  if (list.length > KEEP) list.shift();
  map.set(name, list);
}

async function read() {
  if (document.hidden) return;
  const root = "/k8s/apis/metrics.k8s.io/v1beta1";
  const [nodes, pods, all] = await Promise.all([json(`${root}/nodes`), json(`${root}/pods`), json("/k8s/api/v1/nodes")]);
  isThere = true;
  capacity = all.items.reduce((sum, node) => ({
    cpu: sum.cpu + quantity(node.status.allocatable?.cpu), memory: sum.memory + quantity(node.status.allocatable?.memory),
  }), { cpu: 0, memory: 0 });
  const amounts = (one) => ({ cpu: quantity(one.cpu), memory: quantity(one.memory) });
  for (const node of nodes.items) note(samples.nodes, node.metadata.name, amounts(node.usage));
  const present = new Set();
  for (const pod of pods.items) {
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    present.add(name);
    note(samples.pods, name, pod.containers.map((one) => amounts(one.usage))
      .reduce((sum, one) => ({ cpu: sum.cpu + one.cpu, memory: sum.memory + one.memory }), { cpu: 0, memory: 0 }));
  }
  for (const name of samples.pods.keys()) if (!present.has(name)) samples.pods.delete(name);
  for (const listener of listeners) listener();
}

export async function beginMetrics() {
  for (;;) {
    try { await read(); } catch (error) { if (error.status === 404 || error.status === 403) isThere = false; }
    await new Promise((resolve) => setTimeout(resolve, isThere ? 15000 : 60000));
  }
}

/** A line of numbers with the last one beside it. `limit` is the top when it is given. */
export function graph(title, values, show, limit) {
  const [width, height] = [240, 48];
  const top = limit || Math.max(...values) * 1.15 || 1;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((value, index) => `${(values.length === 1 ? width : index * step).toFixed(1)},${(height - 2 - value / top * (height - 6)).toFixed(1)}`);
  const line = values.length === 1 ? [`0,${points[0].split(",")[1]}`, ...points] : points;
  const last = values.at(-1) ?? 0;
  const label = `${title} ${show(last)}`;
  return h("figure.graph", {},
    h("figcaption", {}, h("span", {}, title), h("b", {}, show(last)), limit ? h("span.quiet", {}, ` of ${show(limit)} · ${share(last, limit)}`) : null),
    s("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      s("polygon", { class: "area", points: `0,${height} ${line.join(" ")} ${width},${height}` }),
      s("polyline", { class: "line", points: line.join(" "), "vector-effect": "non-scaling-stroke" })));
}

/** Both graphs of samples. */
export function graphs(list, whole) {
  if (!list?.length) return h("p.quiet", {}, isThere ? "Nothing is measured yet." : "This cluster does not serve metrics.k8s.io.");
  return h("div.graphs", {}, graph("CPU", list.map((one) => one.cpu), cpu, whole?.cpu), graph("Memory", list.map((one) => one.memory), memory, whole?.memory));
}
