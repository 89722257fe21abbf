import Machinery

/// A field by the way to it: `spec.containers.[name=main].image`, `a.0`, `a.*`, `a\.b`, `a.[b.c]`.
/// Source: sigs.k8s.io/kustomize/kyaml/yaml, `PathMatcher` and `PathGetter`, and kyaml/utils, `SmarterPathSplitter`.
struct KustomizePath {
    private let steps: [String]

    init(_ path: String) {
        var parts: [String] = []
        for part in path.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
            if let last = parts.last, last.hasSuffix("\\") {
                parts[parts.count - 1] = last.dropLast() + "." + part
            } else {
                parts.append(part)
            }
        }
        // A bracket holds the points between it and its end; without a condition in it, it is a name with points.
        var steps: [String] = []
        var rest: ArraySlice<String> = parts[...]
        while var step = rest.popFirst() {
            if step.hasPrefix("["), !step.hasSuffix("]") {
                while !step.hasSuffix("]"), let next = rest.popFirst() { step += "." + next }
                if !step.contains("=") { step = String(step.dropFirst().dropLast(step.hasSuffix("]") ? 1 : 0)) }
            }
            steps.append(step)
        }
        self.steps = steps
    }

    // MARK: - One value

    /// nil when there is no such field. Throws ``Failure`` for a step that cannot be gone.
    func value(in json: JSON) throws -> JSON? {
        var value: JSON = json
        for step in steps where !step.isEmpty {
            let next: JSON?
            if let index = Int(step) {
                guard index >= 0 else { throw Failure("array index \(index) cannot be negative") }
                next = try Self.elements(value).dropFirst(index).first
            } else if step == "-" {
                next = try Self.elements(value).last
            } else if step == "*" {
                throw Failure("wildcard is not supported in PathGetter")
            } else if let condition = try Self.condition(step) {
                next = try Self.elements(value).first { element in
                    (condition.member.isEmpty ? element : element[condition.member]).map(Self.text) == condition.value
                }
            } else {
                next = try Self.member(step, of: value)
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    // MARK: - All values

    /// Changes every value at the path. Returns how many there were. Throws ``Failure`` for a step that cannot be gone.
    ///
    /// - Parameter new: what a field begins with that is to be created; nil creates none.
    func change(_ json: inout JSON, new: JSON?, _ body: (inout JSON, _ isNew: Bool) throws -> Void) throws -> Int {
        try Self.change(&json, steps[...], new, isNew: false, body)
    }

    private static func change(
        _ json: inout JSON, _ steps: ArraySlice<String>, _ new: JSON?, isNew: Bool, _ body: (inout JSON, Bool) throws -> Void
    ) throws -> Int {
        guard let step = steps.first else {
            try body(&json, isNew)
            return 1
        }
        let rest: ArraySlice<String> = steps.dropFirst()
        let condition: Condition? = try condition(step)
        guard step == "*" || condition != nil || step.allSatisfy(\.isNumber) && !step.isEmpty else {
            let known: JSON? = try member(step, of: json)
            guard var child: JSON = known ?? new.map({ blank(rest, $0) }) else { return 0 }
            if child.isNull, let new, !rest.isEmpty { child = blank(rest, new) }
            let count: Int = try change(&child, rest, new, isNew: known == nil, body)
            if count > 0 { json[step] = child }
            return count
        }
        var elements: [JSON] = try elements(json)
        var found: [Int] = Array(elements.indices)
        if let condition {
            found = try condition.indexes(in: elements)
            if found.isEmpty, new != nil {
                elements.append(condition.member.isEmpty ? .string(condition.value) : [condition.member: .string(condition.value)])
                found = [elements.count - 1]
            }
        } else if let index = Int(step) {
            if index == elements.count, let new { elements.append(blank(rest, new)) }
            guard elements.indices.contains(index) else {
                throw Failure("index \(index) specified but only \(elements.count) elements found")
            }
            found = [index]
        }
        let count: Int = try found.reduce(0) { count, index in
            count + (try change(&elements[index], rest, new, isNew: false, body))
        }
        json = .array(elements)
        return count
    }

    /// What is made for a step that is not there: a list where the next step is of a list.
    private static func blank(_ rest: ArraySlice<String>, _ new: JSON) -> JSON {
        guard let next = rest.first else { return new }
        return next.hasPrefix("[") && next.hasSuffix("]") || Int(next) != nil ? [] : [:]
    }

    // MARK: - Steps

    /// `[name=main]`: which elements of a list.
    private struct Condition {
        /// Empty for lists of plain values.
        let member: String
        let value: String

        /// Of all elements of which a part fits the value as a regular expression.
        func indexes(in elements: [JSON]) throws -> [Int] {
            let expression: RegularExpression
            do { expression = try RegularExpression(value) } catch { throw Failure("\(error)") }
            return elements.indices.filter { index in
                let value: JSON? = member.isEmpty ? elements[index] : elements[index][member]
                return value.map { expression.matches(KustomizePath.text($0)) } ?? false
            }
        }
    }

    private static func condition(_ step: String) throws -> Condition? {
        guard step.hasPrefix("["), step.hasSuffix("]") else { return nil }
        let parts: [Substring] = step.dropFirst().dropLast().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Failure("list path element must contain fieldName=fieldValue for element to match") }
        return Condition(member: String(parts[0]), value: String(parts[1]))
    }

    private static func text(_ json: JSON) -> String {
        if let text = json.string { return text }
        return json.object == nil && json.array == nil ? GoText.of(json) : YAML.write(json, sortedKeys: false)
    }

    private static func member(_ step: String, of json: JSON) throws -> JSON? {
        guard json.object != nil || json.isNull else { throw wrongKind("MappingNode", json) }
        return json[step]
    }

    private static func elements(_ json: JSON) throws -> [JSON] {
        guard let elements = json.array else { throw wrongKind("SequenceNode", json) }
        return elements
    }

    private static func wrongKind(_ wanted: String, _ json: JSON) -> Failure {
        let kind: String = json.object != nil ? "MappingNode" : json.array != nil ? "SequenceNode" : "ScalarNode"
        let text: String = json.object == nil && json.array == nil ? text(json) + "\n" : YAML.write(json, sortedKeys: false)
        return Failure("wrong node kind: expected \(wanted) but got \(kind): node contents:\n\(text)")
    }
}
