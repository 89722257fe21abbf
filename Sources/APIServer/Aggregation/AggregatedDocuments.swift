import API
import Machinery

/// Discovery and OpenAPI with what extension servers serve.
extension APIServer {
    /// A discovery document of this server's, with the groups and versions of the others; the document itself when there are none.
    func joined(_ document: Document, _ segments: [String], isAggregated: Bool) -> Document {
        let servers: [ExtensionServer] = aggregation.servers
        guard !servers.isEmpty, segments.first == "apis", segments.count <= 2, let json = try? JSON(parsing: document.bytes) else {
            return document
        }
        let whole: JSON
        if segments.count == 2 {
            whole = Self.group(json, with: servers.filter { $0.group == segments[1] })
        } else if isAggregated {
            whole = aggregatedList(json, servers)
        } else {
            whole = Self.groupList(json, servers)
        }
        let hashed = HashedDocument(whole)
        return Document(bytes: hashed.bytes, contentType: document.contentType, etag: document.etag == nil ? nil : hashed.etag)
    }

    /// `/apis/GROUP` of a group that only extension servers serve.
    func extensionGroup(_ segments: [String]) -> Document? {
        guard segments.count == 2, segments[0] == "apis" else { return nil }
        let servers: [ExtensionServer] = aggregation.servers.filter { $0.group == segments[1] }
        guard !servers.isEmpty else { return nil }
        let bare: JSON = ["kind": "APIGroup", "apiVersion": "v1", "name": .string(segments[1]), "versions": []]
        return Document(bytes: Self.group(bare, with: servers).serialized(), contentType: "application/json", etag: nil)
    }

    // MARK: - Legacy

    private static func groupList(_ json: JSON, _ servers: [ExtensionServer]) -> JSON {
        var groups: [JSON] = json["groups"]?.array ?? []
        for server in servers {
            if let i = groups.firstIndex(where: { $0["name"]?.string == server.group }) {
                groups[i] = group(groups[i], with: [server])
            } else {
                groups.append(group(["name": .string(server.group), "versions": []], with: [server]))
            }
        }
        var list: JSON = json
        list["groups"] = .array(groups)
        return list
    }

    private static func group(_ json: JSON, with servers: [ExtensionServer]) -> JSON {
        var versions: [JSON] = json["versions"]?.array ?? []
        for server in servers where !versions.contains(where: { $0["version"]?.string == server.version }) {
            versions.append(["groupVersion": .string(server.apiVersion), "version": .string(server.version)])
        }
        var group: JSON = json
        group["versions"] = .array(versions)
        if group["preferredVersion"] == nil, let first = versions.first { group["preferredVersion"] = first }
        return group
    }

    // MARK: - Aggregated

    private func aggregatedList(_ json: JSON, _ servers: [ExtensionServer]) -> JSON {
        var items: [JSON] = json["items"]?.array ?? []
        for server in servers {
            let content: ExtensionContent? = aggregation.content(of: server)
            let version: JSON = [
                "version": .string(server.version),
                "resources": .array(content.map { Self.aggregated($0.resources, server) } ?? []),
                "freshness": content == nil ? "Stale" : "Current",
            ]
            if let i = items.firstIndex(where: { $0[["metadata", "name"]]?.string == server.group }) {
                var versions: [JSON] = (items[i]["versions"]?.array ?? []).filter { $0["version"]?.string != server.version }
                versions.append(version)
                items[i]["versions"] = .array(versions)
            } else {
                items.append(["metadata": ["name": .string(server.group)], "versions": [version]])
            }
        }
        var list: JSON = json
        list["items"] = .array(items)
        return list
    }

    /// A legacy list of resources in the aggregated form.
    static func aggregated(_ list: JSON, _ server: ExtensionServer) -> [JSON] {
        func kind(_ entry: JSON) -> JSON {
            [
                "group": .string(entry["group"]?.string ?? server.group), "version": .string(entry["version"]?.string ?? server.version),
                "kind": entry["kind"] ?? "",
            ]
        }
        let entries: [JSON] = list["resources"]?.array ?? []
        return entries.filter { !($0["name"]?.string ?? "/").contains("/") }.map { entry in
            let name: String = entry["name"]?.string ?? ""
            var resource: JSON = [
                "resource": .string(name), "responseKind": kind(entry),
                "scope": entry["namespaced"]?.bool == true ? "Namespaced" : "Cluster",
                "singularResource": .string(entry["singularName"]?.string ?? ""), "verbs": entry["verbs"] ?? [],
            ]
            for field in ["shortNames", "categories"] { if let value = entry[field] { resource[field] = value } }
            let below: [JSON] = entries.filter { ($0["name"]?.string ?? "").hasPrefix(name + "/") }.map { sub in
                [
                    "subresource": .string(String((sub["name"]?.string ?? "").dropFirst(name.count + 1))), "responseKind": kind(sub),
                    "verbs": sub["verbs"] ?? [],
                ]
            }
            if !below.isEmpty { resource["subresources"] = .array(below) }
            return resource
        }
    }

    // MARK: - OpenAPI

    /// The index of version 3 with the documents of extension servers, which come from these themselves.
    func joinedIndex(_ document: HashedDocument) -> HashedDocument {
        let servers: [ExtensionServer] = aggregation.servers.filter { aggregation.content(of: $0) != nil }
        guard !servers.isEmpty, var json = try? JSON(parsing: document.bytes) else { return document }
        for server in servers {
            let path = "apis/" + server.apiVersion
            json["paths"]?[path] = ["serverRelativeURL": .string("/openapi/v3/" + path)]
        }
        return HashedDocument(json)
    }

    /// The same in protobuf: messages joined are one message with the members of all.
    func joinedSwagger(protobuf document: HashedDocument) -> HashedDocument {
        let parts: [OpenAPISwagger] = aggregation.servers.compactMap { aggregation.content(of: $0)?.swagger }
        guard !parts.isEmpty else { return document }
        return HashedDocument(document.bytes + parts.flatMap { OpenAPIProtobuf.bytes($0.json, .version2) })
    }

    /// The document of version 2 with those of extension servers.
    func joinedSwagger(_ document: HashedDocument) -> HashedDocument {
        let parts: [OpenAPISwagger] = aggregation.servers.compactMap { aggregation.content(of: $0)?.swagger }
        guard !parts.isEmpty, let json = try? JSON(parsing: document.bytes) else { return document }
        var paths: JSONObject = json["paths"]?.object ?? [:]
        var definitions: JSONObject = json["definitions"]?.object ?? [:]
        for part in parts {
            // What both describe, such as ObjectMeta, is this server's to say.
            for member in part.json["paths"]?.object?.members ?? [] where paths[member.key] == nil {
                paths.append(member.key, member.value)
            }
            for member in part.json["definitions"]?.object?.members ?? [] where definitions[member.key] == nil {
                definitions.append(member.key, member.value)
            }
        }
        var whole: JSON = json
        whole["paths"] = .object(paths)
        whole["definitions"] = .object(definitions)
        return HashedDocument(whole)
    }
}
