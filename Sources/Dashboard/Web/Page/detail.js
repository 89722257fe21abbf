// One object: what it says, its YAML, events, logs and owners.

import { h, fill, age, state, ask, toast } from "./dom.js";
import { path, word, json, text, send, byKind, follow, resource as find, Refusal } from "./api.js";
import { embed, link } from "./list.js";
import { showTree } from "./topology.js";
import { showLogs } from "./logs.js";
import { usage, graphs, onMetrics } from "./metrics.js";

const YAML = "application/yaml";

export async function showDetail(main, resource, namespace, name, tab, signal) {
  const place = path(resource, namespace, name);
  const object = await json(place, { signal });
  const isPod = word(resource) === "pods";
  const isMeasured = isPod || word(resource) === "nodes";
  const tabs = {
    summary: ["Summary", (target) => liveSummary(target, resource, object, place, signal)],
    yaml: ["YAML", (target) => editor(target, place, resource, signal)],
    events: ["Events", (target) => events(target, object, signal)],
    ...(isPod ? { logs: ["Logs", (target) => showLogs(target, resource, object, signal)] } : {}),
    ...(isMeasured ? { metrics: ["Metrics", (target) => metrics(target, word(resource), object, signal)] } : {}),
    ...(namespace ? { topology: ["Topology", (target) => showTree(target, object, signal)] } : {}),
    describe: ["Describe", (target) => describe(target, resource, namespace, name, signal)],
  };
  const body = h("div", {});
  main.replaceChildren(
    h("div.bar", {}, h("div", {}, h("p.crumb", {}, h("a", { href: `#/list/${word(resource)}` }, resource.kind), namespace ? ` in ${namespace}` : ""), h("h1.mono", {}, name)),
      h("span.grow", {}), actions(resource, object, place)),
    h("div.tabs", { role: "tablist" }, Object.entries(tabs).map(([key, [title]]) =>
      h("a", { role: "tab", href: link(resource, namespace, name, key), "aria-selected": String(key === tab) }, title))),
    body);
  await (tabs[tab] ?? tabs.summary)[1](body);
}

// MARK: - What can be done

function actions(resource, object, place) {
  const { name } = object.metadata;
  const attempt = async (done, work) => {
    try { await work(); toast(done); return true; } catch (error) { toast(error.message, true); return false; }
  };
  const merge = (body, at = place) => send("PATCH", at, { type: "application/merge-patch+json", body: JSON.stringify(body) });
  const buttons = [];
  if (resource.parts.includes("scale")) {
    buttons.push(h("button", { onclick: async () => {
      const count = await ask(`Scale ${name}`, "How many replicas?", { input: object.spec?.replicas ?? 1, action: "Scale" });
      if (count === null) return;
      if (!/^\d+$/.test(count)) return toast(`${count} is no number of replicas; give 0 or more`, true);
      if (await attempt(`${name} is scaled to ${count}`, () => merge({ spec: { replicas: Number(count) } }, place + "/scale"))) object.spec.replicas = Number(count);
    } }, "Scale"));
  }
  if (object.spec?.template?.spec?.containers && resource.group === "apps" && resource.resource !== "replicasets") {
    buttons.push(h("button", { onclick: async () => {
      if (!await ask(`Restart ${name}`, "All its pods are replaced, as its strategy has it.", { action: "Restart" })) return;
      const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
      await attempt(`${name} is restarted`, () => merge({ spec: { template: { metadata: { annotations } } } }));
    } }, "Restart"));
  }
  if (word(resource) === "nodes") {
    const cordoned = object.spec?.unschedulable === true;
    buttons.push(h("button", { onclick: async () => {
      if (await attempt(cordoned ? `${name} takes pods again` : `${name} takes no new pods`, () => merge({ spec: { unschedulable: cordoned ? null : true } }))) location.reload();
    } }, cordoned ? "Uncordon" : "Cordon"));
  }
  if (resource.verbs.includes("delete")) {
    buttons.push(h("button.danger", { onclick: async () => {
      if (!await ask(`Delete ${resource.kind} ${name}?`, "What it owns is deleted, too. This cannot be undone.", { action: "Delete", danger: true })) return;
      const body = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background", preconditions: { uid: object.metadata.uid } });
      if (await attempt(`${name} is deleted`, () => send("DELETE", place, { type: "application/json", body }))) location.hash = `#/list/${word(resource)}`;
    } }, "Delete"));
  }
  return h("div.buttons", {}, buttons);
}

// MARK: - Summary

/** Draws the summary, and again whenever the object changes. */
async function liveSummary(target, resource, object, place, signal) {
  const { namespace, name, resourceVersion } = object.metadata;
  // Its pods are live by themselves.
  const below = await pods(resource, object, signal);
  await summary(target, resource, object, below, signal);
  if (!resource.verbs.includes("watch")) return;
  let shown = resourceVersion;
  follow(path(resource, namespace), { fieldSelector: `metadata.name=${name}` }, signal, async ({ rows }) => {
    const row = [...rows.values()][0];
    if (!row || row.object.metadata.resourceVersion === shown) return;
    shown = row.object.metadata.resourceVersion;
    try { await summary(target, resource, await json(place, { signal }), below, signal); } catch (error) {
      if (!signal.aborted) toast(error.message, true);
    }
  });
}

/** The pods that a workload or a service selects or a node has, live. */
async function pods(resource, object, signal) {
  const selector = object.spec?.selector;
  const labels = selector?.matchLabels ?? (resource.resource === "services" ? selector : null);
  const labelSelector = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`).join(",");
  const query = word(resource) === "nodes" ? { fieldSelector: `spec.nodeName=${object.metadata.name}` } : { labelSelector };
  if (query.labelSelector === "") return null;
  const kind = await find("pods");
  return h("section.card", {}, h("h2", {}, "Pods"), embed(kind, object.metadata.namespace ?? "", query, signal,
    ["Name", "Ready", "Status", "Restarts", "Age"],
    (list) => list.map(({ metadata, cell }) => [h("a.name", { href: link(kind, metadata.namespace, metadata.name) }, metadata.name),
      String(cell("ready")), state(String(cell("status"))), String(cell("restarts")), age(metadata.creationTimestamp)]), { empty: "No pods." }));
}

async function summary(target, resource, object, below, signal) {
  const { metadata, spec = {}, status = {} } = object;
  const owners = await Promise.all((metadata.ownerReferences ?? []).map(async (owner) => {
    const kind = await byKind(owner.apiVersion, owner.kind);
    return kind ? h("a", { href: link(kind, metadata.namespace, owner.name) }, `${owner.kind} ${owner.name}`) : `${owner.kind} ${owner.name}`;
  }));
  const nodes = await find("nodes");
  const facts = [
    ["Created", h("time", { title: metadata.creationTimestamp, datetime: metadata.creationTimestamp }, age(metadata.creationTimestamp) + " ago")],
    ["Owner", owners.length ? owners : null],
    ["Phase", status.phase ? state(status.phase) : null],
    ["Node", spec.nodeName ? h("a", { href: link(nodes, "", spec.nodeName) }, spec.nodeName) : null],
    ["Address", status.podIP ?? spec.clusterIP],
    ["Replicas", spec.replicas === undefined ? null : `${status.readyReplicas ?? 0} of ${spec.replicas} ready`],
    ["Service account", spec.serviceAccountName], ["Class", spec.storageClassName ?? spec.ingressClassName],
    ["Type", typeof object.type === "string" ? object.type : spec.type], ["Deleted", metadata.deletionTimestamp ? age(metadata.deletionTimestamp) + " ago" : null],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const pairs = (title, map) => Object.keys(map ?? {}).length
    ? h("section.card", {}, h("h2", {}, title), h("div.chips", {}, Object.entries(map).map(([key, value]) => h("span.chip", { title: `${key}=${value}` }, h("b", {}, key), value === "" ? "" : ` ${String(value).slice(0, 80)}`))))
    : null;
  const why = h("p.note", { hidden: true });
  fill(target, why, h("section.card", {}, h("dl.facts", {}, facts.map(([title, value]) => h("div", {}, h("dt", {}, title), h("dd", {}, value))))),
    containers(object), below, conditions(status.conditions), data(object), pairs("Labels", metadata.labels), pairs("Annotations", metadata.annotations));
  if (word(resource) === "pods") {
    const { reason } = await json(`/why?${new URLSearchParams({ namespace: metadata.namespace, name: metadata.name })}`, { signal });
    why.hidden = !reason;
    why.textContent = reason ?? "";
  }
}

/** A table without the columns that are empty in every row. */
function table(titles, rows) {
  const used = titles.map((_, index) => index).filter((index) => rows.some((cells) => cells[index] !== "" && cells[index]?.length !== 0));
  return h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, used.map((index) => h("th", {}, titles[index])))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, used.map((index) => h("td", { "data-title": titles[index] }, cells[index])))))));
}

function containers(object) {
  const spec = object.spec?.template?.spec ?? object.spec ?? {};
  const statuses = [...(object.status?.initContainerStatuses ?? []), ...(object.status?.containerStatuses ?? [])];
  const list = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  if (!list.length || !Array.isArray(spec.containers)) return null;
  const isPod = object.kind === "Pod";
  const row = (one) => {
    const status = statuses.find((each) => each.name === one.name);
    const [phase, details] = Object.entries(status?.state ?? { waiting: {} })[0] ?? ["waiting", {}];
    const word = phase === "running" ? "Running" : details?.reason ?? "Waiting";
    return [h("span.mono", {}, one.name), ...(isPod ? [state(word), String(status?.restartCount ?? 0)] : []), h("span.mono", {}, one.image ?? ""),
      (one.ports ?? []).map((port) => `${port.containerPort}/${port.protocol ?? "TCP"}`).join(", ")];
  };
  return h("section.card", {}, h("h2", {}, "Containers"), table(["Name", ...(isPod ? ["State", "Restarts"] : []), "Image", "Ports"], list.map(row)));
}

function conditions(list) {
  if (!list?.length) return null;
  return h("section.card", {}, h("h2", {}, "Conditions"), table(["Type", "Status", "Reason", "Message", "Since"], list.map((one) => [
    one.type, h("span" + (one.status === "True" ? ".good" : one.status === "False" ? ".off" : ""), {}, one.status), one.reason ?? "", one.message ?? "",
    age(one.lastTransitionTime)])));
}

/** Of ConfigMaps, and of Secrets behind a button. */
function data(object) {
  if (!object.data || !["ConfigMap", "Secret"].includes(object.kind)) return null;
  const decode = (value) => new TextDecoder().decode(Uint8Array.from(atob(value), (one) => one.charCodeAt(0)));
  return h("section.card", {}, h("h2", {}, "Data"), Object.entries(object.data).map(([key, value]) => {
    const content = h("pre.data", {}, object.kind === "Secret" ? `${atob(value).length} bytes` : value);
    return h("div", {}, h("h3.mono", {}, key,
      object.kind === "Secret" ? h("button.plain", { onclick: () => { content.textContent = decode(value); } }, "Show") : null), content);
  }));
}

// MARK: - Other tabs

async function describe(target, resource, namespace, name, signal) {
  target.replaceChildren(h("p.empty", {}, "Reading …"));
  const query = new URLSearchParams({ resource: word(resource), name, ...(namespace ? { namespace } : {}) });
  target.replaceChildren(h("pre.text", { tabIndex: 0 }, await text(`/describe?${query}`, { signal })));
}

async function events(target, object, signal) {
  const kind = await find("events");
  const fieldSelector = `involvedObject.uid=${object.metadata.uid}`;
  target.replaceChildren(embed(kind, object.metadata.namespace ?? "", { fieldSelector }, signal, ["Seen", "Type", "Reason", "Message"],
    (list) => list.reverse().map(({ cell }) => [String(cell("last seen")), state(String(cell("type"))), String(cell("reason")), String(cell("message"))]),
    { empty: "No events. They are kept for an hour." }));
}

function metrics(target, kind, object, signal) {
  const { namespace, name } = object.metadata;
  const draw = () => target.replaceChildren(graphs(usage(kind, namespace, name)),
    h("p.quiet", {}, "Read every 15 seconds, and kept as long as this page is open."));
  draw();
  signal.addEventListener("abort", onMetrics(draw));
}

// MARK: - YAML

/** Without `metadata.managedFields`, which nobody edits; absent they stay as they are. */
export function withoutManagedFields(yaml) {
  const lines = yaml.split("\n");
  const start = lines.indexOf("  managedFields:");
  if (start < 0) return yaml;
  let end = start + 1;
  while (end < lines.length && (lines[end].startsWith("  - ") || lines[end].startsWith("    "))) end += 1;
  return [...lines.slice(0, start), ...lines.slice(end)].join("\n");
}

const VERSION = /^ {2}resourceVersion: .*$/m;

async function editor(target, place, resource, signal) {
  let saved = withoutManagedFields(await text(place, { accept: YAML, signal }));
  const area = h("textarea.yaml", { spellcheck: false, wrap: "off", "aria-label": "YAML", readOnly: !resource.verbs.includes("update"), oninput: () => mark() });
  const note = h("div.note", { hidden: true, role: "alert" });
  const save = h("button.primary", { disabled: true, onclick: () => put() }, "Save");
  const undo = h("button", { disabled: true, onclick: () => { area.value = saved; tell(); mark(); } }, "Undo changes");
  const status = h("span.quiet", {});
  const mark = () => {
    const changed = area.value !== saved;
    save.disabled = undo.disabled = !changed;
    status.textContent = changed ? "changed" : "";
  };
  const tell = (message, ...children) => { note.hidden = !message; note.replaceChildren(message ?? "", ...children); };
  const latest = async () => withoutManagedFields(await text(place, { accept: YAML }));

  const put = async () => {
    save.disabled = true;
    try {
      await send("PUT", place, { type: YAML, body: area.value });
      saved = await latest();
      area.value = saved;
      tell();
      toast("Saved.");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== 409) tell(error.message);
      else {
        tell("The object was changed by somebody else meanwhile, so nothing was saved. ",
          h("div.buttons", {},
            h("button", { onclick: async () => { saved = await latest(); area.value = saved; tell(); mark(); } }, "Take theirs"),
            h("button", { onclick: async () => {
              // Only the version is theirs: what stands here replaces the rest.
              const theirs = VERSION.exec(await latest())?.[0];
              area.value = area.value.replace(VERSION, theirs ?? "");
              await put();
            } }, "Save mine over theirs")));
      }
    }
    mark();
  };
  // A tab moves the focus as everywhere; ctrl-s saves.
  area.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); if (!save.disabled) put(); }
  });
  area.value = saved;
  target.replaceChildren(h("div.bar", {}, save, undo, status), note, area);
  signal.addEventListener("abort", () => area.remove());
}
