import API
import Machinery

/// The whole documents, put together from definitions and paths.
struct OpenAPIResources: Sendable {
    let types: [ResourceType]
    let bodies: [ResourceType]

    /// Version 2: one document with everything.
    var swagger: JSON {
        let definitions = OpenAPIDefinitions(.version2, types: types, bodies: bodies)
        var paths: [JSONObject.Member] = OpenAPIDiscovery(.version2).allPaths(groupVersions)
        for type in types { paths += OpenAPIPaths(.version2, type, definitions).members }
        return [
            "swagger": "2.0",
            "info": Self.info,
            "paths": .object(JSONObject(members: paths).sorted()),
            "definitions": .object(definitions.all()),
            "parameters": OpenAPIParameter.shared,
            "securityDefinitions": ["BearerToken": Self.bearerToken],
            "security": [["BearerToken": []]],
        ]
    }

    /// Version 2 of custom resources: what their groups add to the document.
    var customSwagger: JSON {
        let definitions = OpenAPIDefinitions(.version2, types: types, bodies: bodies)
        let discovery = OpenAPIDiscovery(.version2)
        var paths: [JSONObject.Member] = groupVersions.map { discovery.resourceList($0) }
        for type in types { paths += OpenAPIPaths(.version2, type, definitions).members }
        return ["paths": .object(JSONObject(members: paths).sorted()), "definitions": .object(definitions.ofResources(types))]
    }

    /// Version 3 of custom resources: one document for each group and version.
    var customDocuments: [(path: String, json: JSON)] { resourceDocuments(OpenAPIDefinitions(.version3, types: types, bodies: bodies)) }

    /// Version 3: one document for each group and version, and small ones for discovery, by path.
    var groupDocuments: [(path: String, json: JSON)] {
        let definitions = OpenAPIDefinitions(.version3, types: types, bodies: bodies)
        let discovery = OpenAPIDiscovery(.version3)
        var documents: [(path: String, json: JSON)] = discovery.roots(groups).map { path, paths in
            (path, Self.document(paths, definitions.reachable(from: paths)))
        }
        documents += resourceDocuments(definitions)
        return documents
    }

    private func resourceDocuments(_ definitions: OpenAPIDefinitions) -> [(path: String, json: JSON)] {
        let discovery = OpenAPIDiscovery(.version3)
        var documents: [(path: String, json: JSON)] = []
        for groupVersion in groupVersions {
            let members: [ResourceType] = types.filter { $0.names.apiVersion == groupVersion }
            guard let root: String = members.first?.names.resource.root else { continue }
            var paths: [JSONObject.Member] = [discovery.resourceList(groupVersion)]
            for type in members { paths += OpenAPIPaths(.version3, type, definitions).members }
            let kinds: [String] = (types + bodies).filter { $0.names.apiVersion == groupVersion }.map(\.schema.name)
            documents.append((String(root.dropFirst()), Self.document(paths, definitions.reachable(from: paths, and: kinds))))
        }
        return documents
    }

    private static func document(_ paths: [JSONObject.Member], _ schemas: JSONObject) -> JSON {
        [
            "openapi": "3.0.0",
            "info": info,
            "paths": .object(JSONObject(members: paths).sorted()),
            "components": ["schemas": .object(schemas), "securitySchemes": ["BearerToken": bearerToken]],
        ]
    }

    /// `v1`, `apps/v1`: each once, in the order of the types.
    private var groupVersions: [String] {
        var result: [String] = []
        for type in types where !result.contains(type.names.apiVersion) { result.append(type.names.apiVersion) }
        return result
    }

    /// Groups with a name.
    private var groups: [String] {
        var result: [String] = []
        for type in types where !type.names.group.isEmpty && !result.contains(type.names.group) { result.append(type.names.group) }
        return result
    }

    private static let info: JSON = ["title": "Kubernetes", "version": .string(Versions.kubernetes)]

    private static let bearerToken: JSON = [
        "type": "apiKey", "name": "authorization", "in": "header", "description": "A bearer token, as in `Authorization: Bearer TOKEN`.",
    ]
}
