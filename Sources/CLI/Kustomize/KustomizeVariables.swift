import Machinery

/// `vars`: texts `$(NAME)` in certain fields become the value of a field of another object. Deprecated, but still built.
/// Source: sigs.k8s.io/kustomize/api/internal/accumulator, resaccumulator.go, and api/filters/refvar.
struct KustomizeVariables {
    private struct Variable {
        let name: String
        let target: KustomizeType
        let json: JSON

        var path: String { json[["fieldref", "fieldpath"]]?.string ?? json[["fieldref", "fieldPath"]]?.string ?? "metadata.name" }
        /// As Go prints it.
        var described: String { "{\(name) \(target.described) {\(path)}}" }
        /// Before it is looked at.
        var raw: String {
            "{\(name) \(KustomizeType(selector: json["objref"] ?? [:]).described) {\(json[["fieldref", "fieldpath"]]?.string ?? "")}}"
        }

        init(_ json: JSON) {
            self.json = json
            name = json.text(at: "name")
            let object: JSON = json["objref"] ?? [:]
            target = object["apiVersion"]?.string?.isEmpty == false ? KustomizeType(of: object) : KustomizeType(selector: object)
        }
    }

    private var variables: [Variable] = []

    /// Adds a kustomization's own, and notes in the resources which of them stand for them.
    mutating func add(_ kustomization: Kustomization, _ resources: [KustomizeResource]) throws {
        let added: [Variable] = kustomization.json.list("vars").map(Variable.init)
        for variable in added {
            let object: JSON = variable.json["objref"] ?? [:]
            let (name, namespace): (String, String) = (object.text(at: "name"), object.text(at: "namespace"))
            let found: [KustomizeResource] = resources.filter { resource in
                let id: KustomizeID = resource.originalID
                return id.type.selects(variable.target) && variable.target.selects(id.type) && id.name == name
                    && (namespace.isEmpty || id.effectiveNamespace == namespace)
            }
            if found.count > 1 {
                throw Failure("found \(found.count) resId matches for var \(variable.described) (unable to disambiguate)")
            }
            found.first?.variables.append(variable.name)
        }
        do { try merge(added) } catch let failure as Failure {
            throw Failure("merging vars [\(added.map(\.raw).joined(separator: " "))]: \(failure.description)")
        }
    }

    mutating func merge(_ other: KustomizeVariables) throws { try merge(other.variables) }

    private mutating func merge(_ added: [Variable]) throws {
        for variable in added {
            if variables.contains(where: { $0.name == variable.name }) { throw Failure("var '\(variable.name)' already encountered") }
            variables.append(variable)
        }
    }

    /// Replaces all. Returns the names of those that stood nowhere.
    func resolve(in resources: [KustomizeResource], _ fields: [KustomizeField]) throws -> [String] {
        guard !variables.isEmpty else { return [] }
        var values: [String: JSON] = [:]
        for variable in variables.sorted(by: { $0.name < $1.name }) {
            guard let owner = resources.first(where: { $0.variables.contains(variable.name) }) else {
                throw Failure("var '\(variable.described)' cannot be mapped to a field in the set of known resources")
            }
            guard let value = try? KustomizePath(Self.pointed(variable.path)).value(in: owner.json) else {
                throw Failure("field specified in var '\(variable.described)' not found in corresponding resource")
            }
            values[variable.name] = value
        }
        var used: Set<String> = []
        for field in fields {
            for resource in resources {
                try field.change(resource) { value in
                    switch value {
                    case .string(let text): value = Self.expanded(text, values, &used)
                    case .array(let elements):
                        value = .array(
                            try elements.map { element in
                                guard let text = element.string else { throw Failure("invalid value type expect a string") }
                                return Self.expanded(text, values, &used)
                            })
                    case .object(var object):
                        object.updateValues { _, value in if let text = value.string { value = Self.expanded(text, values, &used) } }
                        value = .object(object)
                    default: return
                    }
                }
            }
        }
        return values.keys.filter { !used.contains($0) }.sorted()
    }

    /// `ports[0].port` as `ports.0.port`.
    private static func pointed(_ path: String) -> String {
        path.replacing(#/\[(\d+)\]/#) { ".\($0.output.1)" }
    }

    /// `$(NAME)` is a value, `$$` a dollar. A text that is nothing but one name takes the type of the value. Unknown names stay.
    private static func expanded(_ text: String, _ values: [String: JSON], _ used: inout Set<String>) -> JSON {
        var result: String = ""
        var rest: Substring = text[...]
        while let character = rest.popFirst() {
            guard character == "$", let next = rest.first else {
                result.append(character)
                continue
            }
            guard next == "(", let end = rest.firstIndex(of: ")") else {
                result.append("$")
                if next == "$" { rest.removeFirst() }
                continue
            }
            let name = String(rest[rest.index(after: rest.startIndex)..<end])
            let whole: Bool = result.isEmpty && rest.index(after: end) == rest.endIndex && text.first == "$"
            rest = rest[rest.index(after: end)...]
            guard let value = values[name] else {
                result += "$(\(name))"
                continue
            }
            used.insert(name)
            if whole { return value }
            result += value.string ?? GoText.of(value)
        }
        return .string(result)
    }
}
