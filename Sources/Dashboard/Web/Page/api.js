// The cluster behind /k8s, as the API server has it.

export const session = { namespace: "default", header: "X-Swkube-Dashboard" };

export class Refusal extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/** Sends a request; throws a Refusal with the server's own words. */
export async function send(method, path, { accept = "application/json", type, body, signal } = {}) {
  const headers = { Accept: accept };
  if (type) headers["Content-Type"] = type;
  if (method !== "GET") headers[session.header] = "1";
  let answer;
  try { answer = await fetch(path, { method, headers, body, signal }); } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "swkube dashboard does not answer; is it still running?");
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  let message = text.trim();
  try { message = JSON.parse(text).message ?? message; } catch { /* plain text */ }
  throw new Refusal(answer.status, message || `HTTP ${answer.status}`);
}

export const json = async (path, options) => (await send("GET", path, options)).json();
export const text = async (path, options) => (await send("GET", path, options)).text();

/** A resource: {group, version, resource, kind, namespaced, verbs, short}. */
export function path(resource, namespace, name, part) {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  return ["/k8s" + root, ...(resource.namespaced && namespace ? ["namespaces", namespace] : []), resource.resource,
    ...(name ? [encodeURIComponent(name)] : []), ...(part ? [part] : [])].join("/");
}

/** `deployments.apps`: one word that names a resource in links and on the command line. */
export const word = (resource) => resource.group ? `${resource.resource}.${resource.group}` : resource.resource;

let discovered;

/** All resources that can be listed; of a group the preferred version. */
export function resources() { return discovered ??= discover(); }

async function discover() {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
  const lists = await Promise.all(["/k8s/api", "/k8s/apis"].map((place) => json(place, { accept })));
  const seen = new Map();
  for (const group of lists.flatMap((list) => list.items ?? [])) {
    for (const version of group.versions ?? []) {
      for (const one of version.resources ?? []) {
        const found = {
          group: group.metadata?.name ?? "", version: version.version, resource: one.resource, kind: one.responseKind?.kind ?? "",
          namespaced: one.scope === "Namespaced", verbs: one.verbs ?? [], short: one.shortNames ?? [],
          parts: (one.subresources ?? []).map((part) => part.subresource),
        };
        if (found.verbs.includes("list") && !seen.has(word(found))) seen.set(word(found), found);
      }
    }
  }
  return seen;
}

export async function resource(name) {
  const all = await resources();
  return all.get(name) ?? [...all.values()].find((one) => one.resource === name || one.short.includes(name));
}

export async function byKind(apiVersion, kind) {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [...(await resources()).values()].find((one) => one.kind === kind && one.group === group);
}

/** Metadata of all objects of a resource. */
export async function metadata(resource, namespace) {
  return (await json(path(resource, namespace), { accept: METADATA })).items ?? [];
}

/** The lines of an answer as they come. */
export async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const parts = (rest + value).split("\n");
      rest = parts.pop();
      if (parts.length) yield parts;
    }
    if (rest) yield [rest];
  } finally { reader.cancel().catch(() => {}); }
}

/**
 * Keeps a Table true until the signal is raised, and tells of every change: {columns, rows: Map by uid}, or an error.
 * Nothing is asked while nobody sees the page: browsers have few connections to one server.
 */
export async function follow(place, query, signal, tell) {
  const rows = new Map();
  let columns = [];
  let failures = 0;
  const take = (table, gone) => {
    if (table.columnDefinitions?.length) columns = table.columnDefinitions;
    for (const row of table.rows ?? []) {
      const id = row.object.metadata.uid ?? `${row.object.metadata.namespace}/${row.object.metadata.name}`;
      if (gone) rows.delete(id); else rows.set(id, row);
    }
  };
  while (!signal.aborted) {
    const hidden = new AbortController();
    const stop = () => hidden.abort();
    const onHide = () => { if (document.hidden) stop(); };
    signal.addEventListener("abort", stop);
    document.addEventListener("visibilitychange", onHide);
    try {
      const list = new URLSearchParams(query);
      const table = await json(`${place}?${list}`, { accept: TABLE, signal: hidden.signal });
      rows.clear();
      take(table);
      tell({ columns, rows });
      failures = 0;
      list.set("watch", "true");
      list.set("allowWatchBookmarks", "true");
      list.set("resourceVersion", table.metadata.resourceVersion ?? "");
      for await (const part of lines(await send("GET", `${place}?${list}`, { accept: TABLE, signal: hidden.signal }))) {
        for (const line of part) {
          if (!line) continue;
          const event = JSON.parse(line);
          if (event.type === "ERROR") throw new Refusal(event.object.code, event.object.message);
          if (event.type !== "BOOKMARK") take(event.object, event.type === "DELETED");
        }
        tell({ columns, rows });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.name !== "AbortError" && error.status !== 410) {
        failures += 1;
        tell({ columns, rows, error });
      }
    } finally {
      signal.removeEventListener("abort", stop);
      document.removeEventListener("visibilitychange", onHide);
      stop();
    }
    while (document.hidden && !signal.aborted) {
      await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(10000, failures ? 500 * 2 ** failures : 0)));
  }
}
