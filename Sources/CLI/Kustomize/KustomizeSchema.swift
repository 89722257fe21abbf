import API
import Machinery

/// What is known of kinds during a build: how their lists merge, and which stand outside of namespaces. Built-in kinds, or instead of
/// them those of the file that the first kustomization with `openapi` names.
/// Source: sigs.k8s.io/kustomize/kyaml/openapi.
final class KustomizeSchema {
    /// The version of the built-in kinds that kubectl 1.37 knows by name.
    private static let builtInVersion: String = "v1.21.2"

    /// The OpenAPI document that stands in for the built-in kinds.
    private var document: JSON?
    private var isChosen: Bool = false
    private var definitions: [KustomizeType: JSON] = [:]
    /// Kinds of the document's paths; true where they stand in namespaces.
    private var isNamespaced: [KustomizeType: Bool] = [:]

    private static let extensionKey: String = "x-kubernetes-group-version-kind"

    /// Takes what a kustomization says, unless one around it has said it before.
    func choose(_ kustomization: Kustomization) throws {
        guard let choice = kustomization.json["openapi"], !choice.isNull else { return }
        let file: [UInt8]? = try choice["path"]?.string.map { try kustomization.file($0) }
        if isChosen { return }
        let version: String? = choice["version"]?.string
        isChosen = version?.isEmpty == false || file != nil
        if version != nil, file != nil { throw Failure("builtin version and custom schema provided, cannot use both") }
        if let version, version != Self.builtInVersion { throw Failure("the specified OpenAPI version is not built in") }
        guard let file else { return }
        do { document = try YAML.documents(file).first?.json ?? [:] } catch { throw Failure("invalid schema file: \(error)") }
        for definition in document?["definitions"]?.object ?? [:] {
            for type in definition.value.list(Self.extensionKey) { definitions[KustomizeType(selector: type)] = definition.value }
        }
        for path in document?["paths"]?.object ?? [:] {
            guard let type = path.value[["get", Self.extensionKey]].map(KustomizeType.init(selector:)) else { continue }
            let isInside: Bool = path.key.contains("namespaces/{namespace}")
            if isInside || isNamespaced[type] == nil { isNamespaced[type] = isInside }
        }
    }

    /// False for kinds that nobody knows.
    func isClusterScoped(_ type: KustomizeType) -> Bool {
        if let isInside = isNamespaced[type] { return !isInside }
        return Registry.kinds.contains { kind in
            kind.names.kind == type.kind && kind.names.resource.group == type.group && !kind.names.isNamespaced
        }
    }

    /// The shape of an object.
    func shape(of object: JSON) -> Shape {
        if let document { return definitions[KustomizeType(of: object)].map { .definition($0, document) } ?? .unknown }
        return KnownSchema.of(object).map { .object($0) } ?? .unknown
    }

    /// What is known of a value.
    enum Shape {
        case unknown
        case object(ObjectSchema)
        case map(TypeSchema)
        /// A schema, and the document in which its references are found.
        case definition(JSON, JSON)

        /// How a member of the value merges.
        struct Member {
            /// Of the member, or of its elements when it is a list.
            let shape: Shape
            /// nil for a list that is replaced as a whole; empty for one of plain values, which is a set.
            let mergeKeys: [String]?
        }

        subscript(name: String) -> Member {
            switch self {
            case .object(let schema):
                guard let field = schema[name] else { break }
                var keys: [String] = field.mergeKey.map { [$0] } ?? []
                if case .map(let all) = field.listType { keys = all }
                return Member(shape: Self.below(field.type), mergeKeys: field.mergesList ? keys : nil)
            case .map(let type): return Member(shape: Self.below(type), mergeKeys: nil)
            case .definition(let schema, let document):
                let member: JSON = Self.resolved(schema[["properties", name]] ?? schema["additionalProperties"] ?? [:], document)
                let keys: [String] =
                    member["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string)
                    ?? member["x-kubernetes-patch-merge-key"]?.string.map { [$0] } ?? []
                let merges: Bool = member["x-kubernetes-patch-strategy"]?.string?.contains("merge") == true
                return Member(
                    shape: .definition(member["items"].map { Self.resolved($0, document) } ?? member, document),
                    mergeKeys: merges ? keys : nil)
            case .unknown: break
            }
            return Member(shape: .unknown, mergeKeys: nil)
        }

        private static func below(_ type: TypeSchema) -> Shape {
            switch type {
            case .object(let reference): .object(reference.schema)
            case .map(let value): .map(value)
            case .list(let element): below(element)
            default: .unknown
            }
        }

        /// A reference is followed; what stands beside it counts too.
        private static func resolved(_ schema: JSON, _ document: JSON) -> JSON {
            guard let name = schema["$ref"]?.string?.split(separator: "/").last,
                var target: JSON = document[["definitions", String(name)]]
            else { return schema }
            for member in schema.object ?? [:] where member.key != "$ref" { target[member.key] = member.value }
            return target
        }
    }
}
