import Machinery

/// One thing to wait for.
struct WaitCondition: Sendable {
    private enum Kind: Sendable {
        case creation, deletion
        case condition(String, String)
        case path(JSONPath, String?)
    }

    private let kind: Kind

    /// Throws kubectl's text for what it does not know.
    init(_ text: String) throws {
        if text.lowercased() == "delete" {
            kind = .deletion
        } else if text.lowercased() == "create" {
            kind = .creation
        } else if text.hasPrefix("condition=") {
            let parts: [Substring] = text.dropFirst("condition=".count).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            kind = .condition(parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : "true")
        } else if text.hasPrefix("jsonpath=") {
            let parts: [String] = Self.split(text.dropFirst("jsonpath=".count))
            guard parts.count <= 2 else {
                throw Failure(
                    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'")
            }
            var value: String?
            if parts.count == 2 {
                let given: Substring = parts[1].drop { $0 == "'" || $0 == "\"" }
                value = String(given.reversed().drop { $0 == "'" || $0 == "\"" }.reversed())
                if value?.isEmpty == true {
                    throw Failure("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
                }
            }
            if parts[0].isEmpty { throw Failure("jsonpath expression cannot be empty") }
            do { kind = .path(try JSONPath(relaxed: parts[0]), value) } catch { throw Failure("\(error)") }
        } else {
            throw Failure("unrecognized condition: \(JSON.quoted(text))")
        }
    }

    var isCreation: Bool { if case .creation = kind { true } else { false } }
    var isDeletion: Bool { if case .deletion = kind { true } else { false } }

    /// True when the object is as wanted. Throws for a path that leads to more than one plain value.
    func holds(for object: JSON) throws -> Bool {
        switch kind {
        case .creation: return true
        case .deletion: return false
        case .condition(let name, let value):
            for condition in object[["status", "conditions"]]?.array ?? []
            where condition["type"]?.string?.lowercased() == name.lowercased() {
                guard let status = condition["status"]?.string else { continue }
                if let generation = object[["metadata", "generation"]]?.int,
                    let observed = condition["observedGeneration"]?.int ?? object[["status", "observedGeneration"]]?.int,
                    observed < generation
                {
                    return false
                }
                return status.lowercased() == value.lowercased()
            }
            return false
        case .path(let path, let value):
            let found: [JSON] = try path.values(object)
            guard let first = found.first else { return false }
            if found.count > 1 { throw Failure("given jsonpath expression matches more than one value") }
            guard let value else { return true }
            if first.object != nil || first.array != nil {
                throw Failure("jsonpath leads to a nested object or list which is not supported")
            }
            return String(GoText.of(first)[...].trimmed) == String(value[...].trimmed)
        }
    }

    /// Parts between single `=` signs; double ones belong to the expression.
    private static func split(_ text: Substring) -> [String] {
        var parts: [String] = [""]
        var rest: Substring = text
        while let character = rest.popFirst() {
            if character != "=" {
                parts[parts.count - 1].append(character)
            } else if rest.first == "=" {
                rest.removeFirst()
                parts[parts.count - 1] += "=="
            } else {
                parts.append("")
            }
        }
        return parts
    }
}
