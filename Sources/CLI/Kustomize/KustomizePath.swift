import Machinery

/// A field by the way to it: `spec.containers.[name=main].image`, `a.0`, `a[0]`, `a.*`, `a\.b`, `a.[b.c]`.
/// Source: sigs.k8s.io/kustomize/kyaml/yaml, `PathMatcher`, and kyaml/utils, `SmarterPathSplitter`.
struct KustomizePath {
    private let steps: [String]

    init(_ path: String) {
        var steps: [String] = [""]
        var depth: Int = 0
        var rest: Substring = path[...]
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "." {
                steps[steps.count - 1].append(rest.removeFirst())
                continue
            }
            if character == "[" {
                if depth == 0, !(steps.last ?? "").isEmpty { steps.append("") }
                depth += 1
            }
            if character == "]" { depth -= 1 }
            if character == ".", depth == 0 { steps.append("") } else { steps[steps.count - 1].append(character) }
        }
        self.steps = steps.filter { !$0.isEmpty }
    }

    /// nil when there is no such field.
    func value(in json: JSON) -> JSON? { Self.value(json, steps[...]) }

    private static func value(_ json: JSON, _ steps: ArraySlice<String>) -> JSON? {
        guard let step = steps.first else { return json }
        if let elements = json.array { return indexes(elements, step).first.flatMap { value(elements[$0], steps.dropFirst()) } }
        return json[bare(step)].flatMap { value($0, steps.dropFirst()) }
    }

    /// Changes every value at the path. Returns how many there were.
    ///
    /// - Parameter new: what a field begins with that is to be created; nil creates none.
    func change(_ json: inout JSON, new: JSON?, _ body: (inout JSON, _ isNew: Bool) throws -> Void) rethrows -> Int {
        try Self.change(&json, steps[...], new, isNew: false, body)
    }

    private static func change(
        _ json: inout JSON, _ steps: ArraySlice<String>, _ new: JSON?, isNew: Bool, _ body: (inout JSON, Bool) throws -> Void
    ) rethrows -> Int {
        guard let step = steps.first else {
            try body(&json, isNew)
            return 1
        }
        let rest: ArraySlice<String> = steps.dropFirst()
        if var elements = json.array {
            var found: [Int] = indexes(elements, step)
            if found.isEmpty, let new {
                if let wanted = condition(step) {
                    elements.append(wanted.member.isEmpty ? .string(wanted.value) : [wanted.member: .string(wanted.value)])
                } else if Int(step) == elements.count || step == "-" {
                    elements.append(blank(rest, new))
                }
                found = elements.count > (json.array ?? []).count ? [elements.count - 1] : []
            }
            let count: Int = try found.reduce(0) { count, index in
                count + (try change(&elements[index], rest, new, isNew: false, body))
            }
            json = .array(elements)
            return count
        }
        guard json.object != nil else { return 0 }
        let name: String = bare(step)
        let known: JSON? = json[name]
        guard var child: JSON = known ?? new.map({ blank(rest, $0) }) else { return 0 }
        if child.isNull, let new, !rest.isEmpty { child = blank(rest, new) }
        let count: Int = try change(&child, rest, new, isNew: known == nil, body)
        if count > 0 { json[name] = child }
        return count
    }

    /// What is made for a step that is not there: a list where the next step is of a list.
    private static func blank(_ rest: ArraySlice<String>, _ new: JSON) -> JSON {
        guard let next = rest.first else { return new }
        return condition(next) != nil || Int(next) != nil ? [] : [:]
    }

    /// `[name=main]` as member and value.
    private static func condition(_ step: String) -> (member: String, value: String)? {
        guard step.hasPrefix("["), step.hasSuffix("]") else { return nil }
        let parts: [Substring] = step.dropFirst().dropLast().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    private static func bare(_ step: String) -> String {
        step.hasPrefix("[") && step.hasSuffix("]") ? String(step.dropFirst().dropLast()) : step
    }

    private static func indexes(_ elements: [JSON], _ step: String) -> [Int] {
        if step == "*" { return Array(elements.indices) }
        if let number = Int(bare(step)) { return elements.indices.contains(number) ? [number] : [] }
        guard let wanted = condition(step) else { return [] }
        return elements.indices.filter { index in
            let value: JSON? = wanted.member.isEmpty ? elements[index] : elements[index][wanted.member]
            return value.map { $0.string ?? GoText.of($0) } == wanted.value
        }
    }
}
