// Who owns whom, as a tree that is drawn here.

import { h, s } from "./dom.js";
import { resources, metadata, word } from "./api.js";
import { link } from "./list.js";

const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [212, 44, 44, 12];
// They come and go and belong to nobody.
const SKIPPED = new Set(["events", "events.events.k8s.io", "pods.metrics.k8s.io", "nodes.metrics.k8s.io", "leases.coordination.k8s.io"]);

/** All objects of a namespace with owners, by uid: {one, metadata, children}. At most four lists are asked for at a time. */
async function objects(namespace, signal) {
  const queue = [...(await resources()).values()].filter((one) => one.namespaced && !SKIPPED.has(word(one)));
  const found = new Map();
  const work = async () => {
    for (let one = queue.shift(); one && !signal.aborted; one = queue.shift()) {
      // What the user may not see is not part of the picture.
      const list = await metadata(one, namespace).catch(() => []);
      for (const item of list) found.set(item.metadata.uid, { one, metadata: item.metadata, children: [], owner: null });
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  for (const node of found.values()) {
    const owners = node.metadata.ownerReferences ?? [];
    const owner = found.get((owners.find((reference) => reference.controller) ?? owners[0])?.uid);
    if (!owner) continue;
    node.owner = owner;
    owner.children.push(node);
  }
  return found;
}

/** Gives each node a place: children stand to the right of their owner, one below the other. Returns how many rows were taken. */
function arrange(node, depth, row) {
  node.depth = depth;
  node.children.sort((one, other) => one.one.kind.localeCompare(other.one.kind) || one.metadata.name.localeCompare(other.metadata.name));
  let taken = 0;
  for (const child of node.children) taken += arrange(child, depth + 1, row + taken);
  node.row = node.children.length ? (node.children[0].row + node.children.at(-1).row) / 2 : row;
  return Math.max(1, taken);
}

const cut = (text, length) => text.length > length ? text.slice(0, length - 1) + "…" : text;

function draw(roots, chosen) {
  let rows = 0;
  for (const root of roots) rows += arrange(root, 0, rows);
  const nodes = [];
  const visit = (node) => { nodes.push(node); node.children.forEach(visit); };
  roots.forEach(visit);
  const x = (node) => 8 + node.depth * (WIDTH + GAP_X);
  const y = (node) => 8 + node.row * (HEIGHT + GAP_Y);
  const [width, height] = [Math.max(...nodes.map(x)) + WIDTH + 8, rows * (HEIGHT + GAP_Y) + 8];
  const edges = nodes.filter((node) => node.owner && nodes.includes(node.owner)).map((node) => {
    const [fromX, fromY, toX, toY] = [x(node.owner) + WIDTH, y(node.owner) + HEIGHT / 2, x(node), y(node) + HEIGHT / 2];
    const middle = (fromX + toX) / 2;
    return s("path", { class: "edge", d: `M${fromX},${fromY} C${middle},${fromY} ${middle},${toY} ${toX},${toY}` });
  });
  const boxes = nodes.map((node) => {
    const title = s("title", {}, `${node.one.kind} ${node.metadata.name}`);
    return s("a", { href: link(node.one, node.metadata.namespace, node.metadata.name), class: node.metadata.uid === chosen ? "node chosen" : "node" },
      title, s("rect", { x: x(node), y: y(node), width: WIDTH, height: HEIGHT, rx: 8 }),
      s("text", { class: "kind", x: x(node) + 12, y: y(node) + 17 }, node.one.kind),
      s("text", { class: "name", x: x(node) + 12, y: y(node) + 34 }, cut(node.metadata.name, 27)));
  });
  return h("div.scroll.topology", {}, s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Owners and what they own" }, ...edges, ...boxes));
}

/** The tree that an object is in. */
export async function showTree(target, object, signal) {
  target.replaceChildren(h("p.empty", {}, "Reading the namespace …"));
  const all = await objects(object.metadata.namespace, signal);
  let root = all.get(object.metadata.uid);
  if (!root) return target.replaceChildren(h("p.empty", {}, "Objects without a namespace have no tree."));
  while (root.owner) root = root.owner;
  target.replaceChildren(draw([root], object.metadata.uid));
}

/** All trees of a namespace. */
export async function showForest(main, namespace, signal) {
  const target = h("div", {}, h("p.empty", {}, "Reading the namespace …"));
  const count = h("span.quiet", {});
  main.replaceChildren(h("div.bar", {}, h("h1", {}, "Topology"), count), target);
  if (!namespace) return target.replaceChildren(h("p.empty", {}, "Choose a namespace: its owners and what they own are drawn here."));
  const all = await objects(namespace, signal);
  if (signal.aborted) return;
  const roots = [...all.values()].filter((node) => !node.owner && node.children.length)
    .sort((one, other) => one.one.kind.localeCompare(other.one.kind) || one.metadata.name.localeCompare(other.metadata.name));
  count.textContent = String(roots.length);
  target.replaceChildren(roots.length ? draw(roots) : h("p.empty", {}, `Nothing in namespace ${namespace} owns anything.`));
}
