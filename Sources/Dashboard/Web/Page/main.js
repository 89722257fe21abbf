// The frame of the page: which view is shown, the list of resources, the namespace.

import { h, useTones, toast } from "./dom.js";
import { session, json, resources, resource, word } from "./api.js";
import { showList } from "./list.js";
import { showDetail } from "./detail.js";
import { showOverview } from "./overview.js";
import { showForest } from "./topology.js";
import { beginMetrics } from "./metrics.js";

const main = document.getElementById("main");
const side = document.getElementById("side");
const chooser = document.getElementById("namespace");
let current = null;

// Order and titles of the groups; what is not named here stands under its API group.
const SECTIONS = [
  ["Workloads", ["pods", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "jobs.batch", "cronjobs.batch"]],
  ["Network", ["services", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io", "endpointslices.discovery.k8s.io"]],
  ["Configuration", ["configmaps", "secrets", "horizontalpodautoscalers.autoscaling", "resourcequotas", "limitranges"]],
  ["Storage", ["persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"]],
  ["Cluster", ["nodes", "namespaces", "events", "customresourcedefinitions.apiextensions.k8s.io"]],
  ["Access", ["serviceaccounts", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"]],
];

/** `#/list/pods`, `#/object/deployments.apps/shop/web/yaml`, `#/topology`; the namespace of lists is the chooser's. */
function route() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { view: parts[0] || "overview", parts: parts.slice(1) };
}

export const namespace = () => chooser.value;

async function show() {
  current?.abort();
  current = new AbortController();
  const { signal } = current;
  const { view, parts } = route();
  document.body.classList.remove("menu-open");
  document.getElementById("menu").setAttribute("aria-expanded", "false");
  for (const link of side.querySelectorAll("a")) {
    const isHere = link.hash === location.hash || (parts[0] && link.dataset.word === parts[0]) || (view === "overview" && link.hash === "#/");
    if (isHere) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  try {
    if (view === "overview") return await showOverview(main, namespace(), signal);
    if (view === "topology") return await showForest(main, namespace(), signal);
    const found = await resource(parts[0]);
    if (!found) throw new Error(`This cluster has no resource ${parts[0]}.`);
    if (view === "list") return await showList(main, found, namespace(), signal);
    if (view === "object") return await showDetail(main, found, parts[1] === "-" ? "" : parts[1], parts[2], parts[3] || "summary", signal);
    throw new Error("There is no such page.");
  } catch (error) {
    if (signal.aborted) return;
    main.replaceChildren(h("p.empty.bad", {}, error.message));
  }
}

function drawSide(all) {
  const link = (one) => h("a", { href: `#/list/${word(one)}`, "data-word": word(one) }, plural(one));
  const named = new Set(SECTIONS.flatMap(([, words]) => words));
  const rest = [...all.values()].filter((one) => !named.has(word(one)) && one.group !== "metrics.k8s.io");
  const groups = Map.groupBy ? Map.groupBy(rest, (one) => one.group || "core") : new Map([["other", rest]]);
  side.replaceChildren(
    h("a", { href: "#/" }, "Overview"), h("a", { href: "#/topology" }, "Topology"),
    ...SECTIONS.map(([title, words]) => h("section", {}, h("h2", {}, title),
      words.map((name) => all.get(name)).filter(Boolean).map(link))),
    h("details", {}, h("summary", {}, "More resources"),
      [...groups].sort(([one], [other]) => one.localeCompare(other)).map(([group, list]) => h("section", {}, h("h3", {}, group), list.map(link)))));
}

/** `NetworkPolicy` as `Network Policies`. */
export function plural(one) {
  const words = one.kind.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return /(s|ss|x|ch)$/.test(words) ? words + (words.endsWith("Endpoints") ? "" : "es") : words.replace(/([^aeiou])y$/, "$1ie") + "s";
}

async function drawNamespaces() {
  const list = await json("/k8s/api/v1/namespaces").catch(() => ({ items: [] }));
  const names = list.items.map((one) => one.metadata.name);
  if (!names.includes(session.namespace)) names.unshift(session.namespace);
  const chosen = sessionStorage.getItem("namespace") ?? session.namespace;
  chooser.replaceChildren(h("option", { value: "" }, "all"), ...names.map((name) => h("option", { value: name }, name)));
  chooser.value = chosen === "" || names.includes(chosen) ? chosen : session.namespace;
}

async function begin() {
  Object.assign(session, await json("/session"));
  useTones(session.tones);
  document.title = `${session.context || "cluster"} · swkube`;
  const version = await json("/k8s/version").catch(() => ({}));
  document.getElementById("cluster").replaceChildren(
    h("b", {}, session.context || session.server), " ", h("span", {}, version.gitVersion ?? ""), " ", h("span.server", {}, session.server));
  const [all] = await Promise.all([resources(), drawNamespaces()]);
  drawSide(all);
  beginMetrics();
  addEventListener("hashchange", show);
  await show();
}

chooser.addEventListener("change", () => {
  sessionStorage.setItem("namespace", chooser.value);
  if (route().view === "object") location.hash = `#/list/${route().parts[0]}`; else show();
});

document.getElementById("menu").addEventListener("click", () => {
  const isOpen = document.body.classList.toggle("menu-open");
  document.getElementById("menu").setAttribute("aria-expanded", String(isOpen));
});

// `/` searches, escape leaves the field, j and k go through the rows.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = /INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName);
  if (event.key === "Escape" && isTyping) return document.activeElement.blur();
  if (isTyping) return;
  if (event.key === "/") {
    const field = main.querySelector("input[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
  }
  if (event.key === "j" || event.key === "k") {
    const links = [...main.querySelectorAll("tbody a.name")];
    const next = links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    links[Math.max(0, Math.min(next, links.length - 1))]?.focus();
  }
});

begin().catch((error) => {
  main.replaceChildren(h("p.empty.bad", {}, error.message));
  toast(error.message, true);
});
