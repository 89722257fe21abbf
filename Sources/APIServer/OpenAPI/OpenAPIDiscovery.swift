import Machinery

/// The paths of discovery: groups, versions and lists of resources.
struct OpenAPIDiscovery {
    private let dialect: OpenAPIDialect

    init(_ dialect: OpenAPIDialect) { self.dialect = dialect }

    /// All in one, for version 2; group versions as `v1` and `apps/v1`.
    func allPaths(_ groupVersions: [String]) -> [JSONObject.Member] {
        let groups: [String] = groupVersions.compactMap { $0.contains("/") ? $0.split(separator: "/").first.map(String.init) : nil }
        var seen: Set<String> = []
        return roots(groups.filter { seen.insert($0).inserted }).flatMap(\.paths) + groupVersions.map { resourceList($0) }
    }

    /// The small documents of version 3, by path.
    func roots(_ groups: [String]) -> [(path: String, paths: [JSONObject.Member])] {
        var documents: [(path: String, paths: [JSONObject.Member])] = [
            ("api", [item("/api/", "getCoreAPIVersions", "core", OpenAPIMetaTypes.APIVersions.definition.schema.name)]),
            ("apis", [item("/apis/", "getAPIVersions", "apis", OpenAPIMetaTypes.APIGroupList.definition.schema.name)]),
            ("version", [item("/version/", "getCodeVersion", "version", OpenAPIMetaTypes.VersionInfo.definition.schema.name)]),
            (
                ".well-known/openid-configuration",
                [
                    text(
                        "/.well-known/openid-configuration/", "getServiceAccountIssuerOpenIDConfiguration", "WellKnown", "application/json")
                ]
            ),
            ("openid/v1/jwks", [text("/openid/v1/jwks/", "getServiceAccountIssuerOpenIDKeyset", "openid", "application/jwk-set+json")]),
            ("logs", logs),
        ]
        for group in groups {
            let names = OpenAPINames(group: group, version: "")
            documents.append(
                (
                    "apis/" + group,
                    [item("/apis/\(group)/", "get\(names.group)APIGroup", names.groupTag, OpenAPIMetaTypes.APIGroup.definition.schema.name)]
                ))
        }
        return documents
    }

    /// The list of the resources of `v1` or `apps/v1`.
    func resourceList(_ groupVersion: String) -> JSONObject.Member {
        let parts: [String] = groupVersion.split(separator: "/").map(String.init)
        let (group, version): (String, String) = parts.count == 2 ? (parts[0], parts[1]) : ("", groupVersion)
        let names = OpenAPINames(group: group, version: version)
        return item(
            group.isEmpty ? "/api/\(version)/" : "/apis/\(group)/\(version)/", "get\(names.type)APIResources", names.tag,
            OpenAPIMetaTypes.APIResourceList.definition.schema.name)
    }

    private func item(_ path: String, _ id: String, _ tag: String, _ answer: String) -> JSONObject.Member {
        self.path(path, id, tag, dialect.reference(answer), ["application/json"])
    }

    private var logs: [JSONObject.Member] {
        let folder: JSONObject.Member = text("/logs/", "logFileListHandler", "logs", "text/html")
        var file: JSONObject.Member = text("/logs/{logpath}", "logFileHandler", "logs", "text/plain")
        file.value["parameters"] = [OpenAPIParameter.logPath.json(dialect)]
        return [folder, file]
    }

    private func text(_ path: String, _ id: String, _ tag: String, _ type: String) -> JSONObject.Member {
        self.path(path, id, tag, ["type": "string"], [type])
    }

    private func path(_ path: String, _ id: String, _ tag: String, _ schema: JSON, _ types: [String]) -> JSONObject.Member {
        var operation: JSONObject = ["description": "Says what there is.", "operationId": .string(id), "tags": [.string(tag)]]
        var response: JSONObject = ["description": "OK"]
        if dialect == .version2 {
            operation["produces"] = .array(types.map { .string($0) })
            operation["schemes"] = ["https"]
            response["schema"] = schema
        } else {
            response["content"] = .object(JSONObject(members: types.map { JSONObject.Member(key: $0, value: ["schema": schema]) }))
        }
        operation["responses"] = ["200": .object(response), "401": ["description": "Unauthorized"]]
        return JSONObject.Member(key: path, value: ["get": .object(operation)])
    }
}
