import Machinery

/// What `crds` says of the fields of custom resources: which hold names of other objects, labels, annotations or names to prefix.
///
/// A file maps names of Go types to schemas as OpenAPI generators write them, with references between them and the extensions
/// `x-kubernetes-object-ref-api-version`, `-kind` and `-name-key`, `x-kubernetes-label-selector`, `x-kubernetes-annotation` and
/// `x-kubernetes-identity`. Source: sigs.k8s.io/kustomize/api/internal/accumulator, loadconfigfromcrds.go.
struct KustomizeCRDs {
    private let types: JSON
    private(set) var configuration = KustomizeConfiguration()

    init(file: [UInt8], named path: String) throws {
        func refuse(_ problem: String) -> Failure { Failure("unable to parse open API definition from '\(path)': \(problem)") }
        do { types = try YAML.documents(file, file: path).first?.json ?? [:] } catch { throw refuse(error.kubectlText) }
        for member in types.object ?? [:] {
            guard member.value.object != nil else {
                throw refuse(
                    "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \(member.value.typeName) into Go value of type "
                        + "accumulator.OpenAPIDefinition")
            }
            let properties: JSON = Self.properties(member.value)
            guard ["apiVersion", "kind", "metadata"].allSatisfy({ properties[$0] != nil }) else { continue }
            let parts: [Substring] = member.key.split(separator: ".")
            walk(properties, of: String(parts.last ?? ""), at: [], within: [member.key])
        }
    }

    private static func properties(_ type: JSON) -> JSON { type[["Schema", "properties"]] ?? type[["schema", "properties"]] ?? [:] }

    /// - Parameter around: types that this one stands in; one that holds itself is read once.
    private mutating func walk(_ properties: JSON, of kind: String, at path: [String], within around: Set<String>) {
        for member in properties.object ?? [:] {
            let place: [String] = path + [member.key]
            func field(_ more: String...) -> KustomizeField { KustomizeField((place + more).joined(separator: "/"), kind) }
            for (mark, list) in [
                ("x-kubernetes-annotation", "commonAnnotations"), ("x-kubernetes-label-selector", "commonLabels"),
                ("x-kubernetes-identity", "namePrefix"),
            ] where member.value[mark]?.string != nil {
                configuration.add(field(), to: list)
            }
            if let version = member.value["x-kubernetes-object-ref-api-version"]?.string,
                let target = member.value["x-kubernetes-object-ref-kind"]?.string
            {
                let key: String = member.value["x-kubernetes-object-ref-name-key"]?.string ?? "name"
                configuration.add(field(key), for: KustomizeType(version: version, kind: target))
            }
            if let reference = member.value["$ref"]?.string, !around.contains(reference), let type = types[reference] {
                walk(Self.properties(type), of: kind, at: place, within: around.union([reference]))
            }
        }
    }
}
