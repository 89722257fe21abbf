import Machinery

/// The order of `--sort-by`: objects by the value at a path.
/// Source: k8s.io/kubectl/pkg/cmd/get/sorter.go.
struct SortBy: Sendable {
    /// nil for what a table cannot be sorted by.
    private let path: JSONPath?
    private let text: String

    /// - Parameter isTable: tables take any JSONPath, and show nothing for one that is none.
    init(_ text: String, isTable: Bool = false) throws {
        self.text = text
        if isTable, text.hasPrefix("{") {
            path = try? JSONPath(text)
            return
        }
        let inner: Substring = text.hasPrefix("{") && text.hasSuffix("}") ? text.dropFirst().dropLast() : text[...]
        guard !inner.isEmpty, !inner.contains(where: { "{}".contains($0) }) else {
            throw Failure("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
        }
        do { path = try JSONPath(relaxed: text) } catch { throw Failure("\(error)") }
    }

    /// The rows of a table; none when not one of them has the field, as in kubectl.
    func rows(_ rows: [JSON]) throws -> [JSON] {
        do { return try sorted(rows, needsField: true) } catch is Failure where CLI.isKubectl { return [] }
    }

    /// Those without a value come first; equal ones keep their order.
    ///
    /// - Parameter needsField: throws when no object has the field. Rows of tables do without, as in kubectl.
    func sorted(_ objects: [JSON], needsField: Bool) throws -> [JSON] {
        let keyed: [(object: JSON, value: JSON?)] = try objects.map { ($0, try path?.values($0["object"] ?? $0).first) }
        if needsField, !objects.isEmpty, keyed.allSatisfy({ $0.value == nil }) {
            throw Failure("couldn't find any field with path \(JSON.quoted(JSONPath.relaxed(text))) in the list of objects")
        }
        return keyed.enumerated().sorted { one, other in
            if Self.isLess(one.element.value, other.element.value) { return true }
            if Self.isLess(other.element.value, one.element.value) { return false }
            return one.offset < other.offset
        }.map(\.element.object)
    }

    static func isLess(_ one: JSON?, _ other: JSON?) -> Bool {
        switch (one, other) {
        case (_, nil): return false
        case (nil, _?): return true
        case (.int(let one), .int(let other)): return one < other
        case (.bool(let one), .bool(let other)): return !one && other
        case (.string(let one), .string(let other)):
            if let one = try? Quantity(one), let other = try? Quantity(other) { return one < other }
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        case (let one?, let other?):
            if let one = one.double, let other = other.double { return one < other }
            return false
        }
    }
}
