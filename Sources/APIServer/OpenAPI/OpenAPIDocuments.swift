package import API
import Machinery
import Synchronization

/// The OpenAPI documents of what is served: `/openapi/v2`, `/openapi/v3` and one document for each group and version.
///
/// Made from the declarations when they are first asked for, once; the bytes are kept. When custom resources come or go,
/// ``serving(_:)`` gives the documents of the new state, which share all that stayed the same.
package final class OpenAPIDocuments: Sendable {
    package typealias Document = HashedDocument

    private let builtIn: BuiltIn
    private let custom: [CustomGroup]
    private let swagger: Lazily<Document>
    private let protobuf: Lazily<Document>
    /// The list of version 3's documents.
    private let index: Lazily<Document>

    /// - Parameters:
    ///   - types: what is served as resources.
    ///   - bodies: kinds of subresources that are no resources themselves.
    package convenience init(types: [ResourceType], bodies: [ResourceType] = Registry.bodyTypes) {
        self.init(BuiltIn(OpenAPIResources(types: types, bodies: bodies)), [])
    }

    private init(_ builtIn: BuiltIn, _ custom: [CustomGroup]) {
        self.builtIn = builtIn
        self.custom = custom
        swagger = Lazily { Document(OpenAPISwagger.joined(builtIn.swagger.get, custom.map(\.swagger.get))) }
        protobuf = Lazily {
            // Messages joined are one message with the members of all.
            Document(([builtIn.swagger] + custom.map(\.swagger)).flatMap { OpenAPIProtobuf.bytes($0.get.json, .version2) })
        }
        index = Lazily {
            var paths: [JSONObject.Member] = []
            for (path, document) in builtIn.documents.get.merging(custom.flatMap(\.documents.get), uniquingKeysWith: { one, _ in one }) {
                paths.append(
                    JSONObject.Member(key: path, value: ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(document.json.hash)")]))
            }
            return Document(["paths": .object(JSONObject(members: paths).sorted())])
        }
    }

    /// The documents for the built-in types and these custom ones, sorted by group and version.
    func serving(_ types: [ResourceType]) -> OpenAPIDocuments {
        var groups: [CustomGroup] = []
        var rest: ArraySlice<ResourceType> = types[...]
        while let first: ResourceType = rest.first {
            let members: [ResourceType] = Array(rest.prefix { $0.names.apiVersion == first.names.apiVersion })
            rest = rest.dropFirst(members.count)
            let kept: CustomGroup? = custom.first { $0.types.elementsEqual(members, by: ===) }
            groups.append(kept ?? CustomGroup(members))
        }
        return OpenAPIDocuments(builtIn, groups)
    }

    /// The document at a path such as `/openapi/v2`, `/openapi/v3` or `/openapi/v3/apis/apps/v1`; nil where there is none.
    package func document(_ path: String) -> Document? {
        let segments: [Substring] = path.split(separator: "/")
        guard segments.count >= 2, segments[0] == "openapi" else { return nil }
        switch segments[1] {
        case "v2" where segments.count == 2: return swagger.get
        case "v3" where segments.count == 2: return index.get
        case "v3": return group(segments.dropFirst(2).joined(separator: "/"))?.json
        default: return nil
        }
    }

    /// The same in its protobuf form, which the list of version 3's documents does not have.
    func protobuf(_ path: String) -> Document? {
        path == "/openapi/v2" ? protobuf.get : group(String(path.dropFirst("/openapi/v3/".count)))?.protobuf.get
    }

    /// - Parameter path: `apis/apps/v1`
    private func group(_ path: String) -> OpenAPIGroupDocument? {
        builtIn.documents.get[path] ?? custom.lazy.compactMap { $0.documents.get[path] }.first
    }

    /// What never changes.
    private final class BuiltIn: Sendable {
        let swagger: Lazily<OpenAPISwagger>
        /// By path under `/openapi/v3/`.
        let documents: Lazily<[String: OpenAPIGroupDocument]>

        init(_ resources: OpenAPIResources) {
            swagger = Lazily { OpenAPISwagger(resources.swagger) }
            documents = Lazily { OpenAPIGroupDocument.byPath(resources.groupDocuments) }
        }
    }

    /// The custom resources of one version of one group.
    private final class CustomGroup: Sendable {
        let types: [ResourceType]
        let swagger: Lazily<OpenAPISwagger>
        let documents: Lazily<[String: OpenAPIGroupDocument]>

        init(_ types: [ResourceType]) {
            self.types = types
            let resources = OpenAPIResources(types: types, bodies: Registry.bodyTypes)
            swagger = Lazily { OpenAPISwagger(resources.customSwagger) }
            documents = Lazily { OpenAPIGroupDocument.byPath(resources.customDocuments) }
        }
    }
}

/// The document of version 3 of a group and version, and its protobuf form once somebody asked for it.
struct OpenAPIGroupDocument: Sendable {
    let json: HashedDocument
    let protobuf: Lazily<HashedDocument>

    init(_ json: JSON) {
        let document = HashedDocument(json)
        self.json = document
        protobuf = Lazily {
            let json: JSON = (try? JSON(parsing: document.bytes)) ?? [:]
            return HashedDocument(OpenAPIProtobuf.bytes(json, .version3), hash: document.hash)
        }
    }

    static func byPath(_ documents: [(path: String, json: JSON)]) -> [String: OpenAPIGroupDocument] {
        Dictionary(uniqueKeysWithValues: documents.map { ($0.path, OpenAPIGroupDocument($0.json)) })
    }
}

/// A part of the document of version 2, with the text of its long members, so that parts are joined without writing them again.
struct OpenAPISwagger: Sendable {
    let json: JSON
    private let paths: [UInt8]
    private let definitions: [UInt8]

    init(_ json: JSON) {
        self.json = json
        paths = (json["paths"] ?? [:]).serialized()
        definitions = (json["definitions"] ?? [:]).serialized()
    }

    /// The first part with the paths and definitions of the others.
    static func joined(_ first: OpenAPISwagger, _ others: [OpenAPISwagger]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for member in first.json.object?.members ?? [] {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes += Array("\"\(member.key)\":".utf8)
            switch member.key {
            case "paths": append(([first] + others).map(\.paths), to: &bytes)
            case "definitions": append(([first] + others).map(\.definitions), to: &bytes)
            default: member.value.append(to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Objects of different members as one.
    private static func append(_ objects: [[UInt8]], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst: Bool = true
        for object in objects where object.count > 2 {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes += object.dropFirst().dropLast()
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
