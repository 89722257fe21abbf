import API
import Machinery

/// What a strict reader of a body refuses, and the words for it.
///
/// Order and texts are those that upstream's own tests hold it to: test/integration/apiserver/field_validation_test.go.
struct BodyComplaints: Sendable {
    /// Paths of names that stand twice in one object of a JSON text, in order.
    private var duplicates: [String] = []
    /// The same of a YAML text: `line 5: key "name" already set in map`.
    private var lines: [String] = []
    /// The same of the operations of a JSON patch, and their members that mean nothing, in words.
    private var operations: [String] = []

    mutating func add(_ document: YAMLDocument) { lines += document.duplicates.map(\.description) }

    mutating func add(duplicates paths: [String]) { duplicates += paths }

    mutating func add(duplicates paths: [String], ofPatch patch: JSON) {
        var texts: [String: String] = [:]
        for path in paths { texts[path] = Self.duplicate(path) }
        for (index, operation) in (patch.array ?? []).enumerated() {
            for member in operation.object?.members ?? [] where !["op", "path", "from", "value"].contains(member.key) {
                let path: String = Path.root.index(index).child(member.key).description
                texts[path] = Self.unknown(path)
            }
        }
        if !texts.isEmpty { operations += Self.inOrder(texts, of: patch).map { "json patch " + $0 } }
    }

    /// As an error: a YAML text has one for all its lines.
    func errors(unknown: [String] = [], of json: JSON = .null, _ call: Call) -> [String] {
        (lines.isEmpty ? [] : ["yaml: unmarshal errors:" + lines.map { "\n  " + $0 }.joined()]) + texts(unknown, json, call)
    }

    /// The same as warnings.
    func warnings(unknown: [String] = [], of json: JSON = .null, _ call: Call) -> [String] { lines + texts(unknown, json, call) }

    /// - Parameter unknown: paths of members that no field declares.
    private func texts(_ unknown: [String], _ json: JSON, _ call: Call) -> [String] {
        if duplicates.isEmpty, operations.isEmpty, unknown.count < 2 { return unknown.map(Self.unknown) }
        if call.type.custom != nil { return operations + duplicates.map(Self.duplicate) + unknown.map(Self.unknown) }
        // Only a JSON text is read in one pass, which looks at nothing inside of what it does not know. Elsewhere trees are read, by name.
        guard call.request.verb != .patch, lines.isEmpty else {
            return operations + duplicates.map(Self.duplicate) + unknown.sorted { $0.precedes($1) }.map(Self.unknown)
        }
        let hidden = Set<String>(unknown)
        var texts: [String: String] = [:]
        for path in duplicates where !Self.isInside(path, hidden) { texts[path] = Self.duplicate(path) }
        for path in unknown { texts[path] = Self.unknown(path) }
        return Self.inOrder(texts, of: json)
    }

    private static func unknown(_ path: String) -> String { "unknown field \"\(path)\"" }
    private static func duplicate(_ path: String) -> String { "duplicate field \"\(path)\"" }

    /// Whether a path is one of these or leads through one.
    private static func isInside(_ path: String, _ others: Set<String>) -> Bool {
        let ends: [String.Index] = path.indices.filter { path[$0] == "." || path[$0] == "[" } + [path.endIndex]
        return ends.contains { others.contains(String(path[..<$0])) }
    }

    /// Texts by path, in the order in which the paths stand in a tree; deeper than any kind is declared they come last.
    private static func inOrder(_ texts: [String: String], of json: JSON) -> [String] {
        var rest: [String: String] = texts
        var found: [String] = []
        func walk(_ json: JSON, _ path: Path, _ depth: Int) {
            guard depth < 40, !rest.isEmpty else { return }
            switch json {
            case .object(let object):
                for member in object.members {
                    let inner: Path = path.child(member.key)
                    if let text = rest.removeValue(forKey: inner.description) { found.append(text) }
                    walk(member.value, inner, depth + 1)
                }
            case .array(let elements):
                for (index, element) in elements.enumerated() { walk(element, path.index(index), depth + 1) }
            default: break
            }
        }
        walk(json, .root, 0)
        return found + rest.values.sorted { $0.precedes($1) }
    }
}
