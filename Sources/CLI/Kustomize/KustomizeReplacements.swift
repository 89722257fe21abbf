import Machinery

/// Copies values from fields of one resource to fields of others.
/// Source: sigs.k8s.io/kustomize/api/filters/replacement.
struct KustomizeReplacements {
    let kustomization: Kustomization

    func apply(to resources: inout [KustomizeResource]) throws {
        for entry in kustomization.json.list("replacements") {
            var all: [JSON] = [entry]
            if let path = entry["path"]?.string {
                let documents: [JSON]
                do { documents = try YAML.documents(try kustomization.file(path)).map(\.json) } catch let error as YAMLError {
                    throw Failure("\(error)")
                }
                all = documents.flatMap { $0.array ?? [$0] }
            }
            for one in all { try replace(one, &resources) }
        }
    }

    private func replace(_ entry: JSON, _ resources: inout [KustomizeResource]) throws {
        let value: JSON
        if let given = entry["sourceValue"] {
            value = given
        } else {
            guard let source = entry["source"] else { throw Failure("replacements must specify a source and at least one target") }
            value = try self.value(source, resources)
        }
        for target in entry.list("targets") {
            guard let select = target["select"] else { throw Failure("target must specify resources to select") }
            for index in resources.indices where try Self.means(select, resources[index]) {
                if try target.list("reject").contains(where: { try Self.means($0, resources[index]) }) { continue }
                let paths: [String] = target.list("fieldPaths").compactMap(\.string)
                for path in paths.isEmpty ? ["metadata.name"] : paths {
                    let before: KustomizeResource = resources[index]
                    let isSet: Bool = try Self.set(&resources[index].json, Self.steps(path)[...], value, target["options"] ?? [:])
                    if !isSet { throw Failure("unable to find field \(JSON.quoted(path)) in replacement target") }
                    if resources[index].name != before.name { resources[index].formerNames.append((before.name, before.namespace)) }
                }
            }
        }
    }

    private static func means(_ selector: JSON, _ resource: KustomizeResource) throws -> Bool {
        try KustomizeSelector(json: selector).matches(resource)
    }

    private func value(_ source: JSON, _ resources: [KustomizeResource]) throws -> JSON {
        let found: [KustomizeResource] = try resources.filter { try Self.means(source, $0) }
        guard found.count == 1 else {
            throw Failure(found.isEmpty ? "nothing selected by \(source.text())" : "multiple matches for selector \(source.text())")
        }
        let path: String = source["fieldPath"]?.string ?? "metadata.name"
        guard let value = Self.get(found[0].json, Self.steps(path)[...]) else {
            throw Failure("fieldPath `\(path)` is missing for replacement source \(found[0].described)")
        }
        guard let delimiter = source[["options", "delimiter"]]?.string, !delimiter.isEmpty else { return value }
        let parts: [String] = (value.string ?? GoText.of(value)).components(separatedBy: delimiter)
        let index = Int(source.number("options", "index"))
        guard parts.indices.contains(index) else {
            throw Failure("options.index \(index) is out of bounds for value \(value.string ?? GoText.of(value))")
        }
        return .string(parts[index])
    }

    // MARK: - Paths

    /// `spec.containers.[name=main].image`, `a.0`, `a.*`, `a\.b`
    private static func steps(_ path: String) -> [String] {
        var steps: [String] = [""]
        var depth: Int = 0
        var rest: Substring = path[...]
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.popFirst() {
                steps[steps.count - 1].append(next)
                continue
            }
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ".", depth == 0 { steps.append("") } else { steps[steps.count - 1].append(character) }
        }
        return steps.filter { !$0.isEmpty }
    }

    /// `[name=main]` as member and value.
    private static func condition(_ step: String) -> (member: String, value: String)? {
        guard step.hasPrefix("["), step.hasSuffix("]") else { return nil }
        let parts: [Substring] = step.dropFirst().dropLast().split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }

    private static func indexes(_ elements: [JSON], _ step: String) -> [Int] {
        if step == "*" { return Array(elements.indices) }
        if let number = Int(step) { return elements.indices.contains(number) ? [number] : [] }
        guard let wanted = condition(step) else { return [] }
        return elements.indices.filter { elements[$0].text(at: wanted.member) == wanted.value }
    }

    private static func get(_ json: JSON, _ path: ArraySlice<String>) -> JSON? {
        guard let step = path.first else { return json }
        if let elements = json.array { return indexes(elements, step).first.flatMap { get(elements[$0], path.dropFirst()) } }
        return json[step].flatMap { get($0, path.dropFirst()) }
    }

    /// False when there is no such field.
    private static func set(_ json: inout JSON, _ path: ArraySlice<String>, _ value: JSON, _ options: JSON) throws -> Bool {
        guard let step = path.first else {
            json = try inserted(value, into: json, options)
            return true
        }
        let creates: Bool = options["create"] == true
        if var elements = json.array {
            var found: [Int] = indexes(elements, step)
            if found.isEmpty, creates, let wanted = condition(step) {
                elements.append([wanted.member: .string(wanted.value)])
                found = [elements.count - 1]
            }
            var isSet: Bool = false
            for index in found { isSet = try set(&elements[index], path.dropFirst(), value, options) || isSet }
            json = .array(elements)
            return isSet
        }
        guard var child: JSON = json[step] ?? (creates ? Optional.some(path.count == 1 ? JSON.null : [:]) : Optional<JSON>.none) else {
            return false
        }
        let isSet: Bool = try set(&child, path.dropFirst(), value, options)
        if isSet { json[step] = child }
        return isSet
    }

    /// With a delimiter only one part of the text is replaced.
    private static func inserted(_ value: JSON, into old: JSON, _ options: JSON) throws -> JSON {
        guard let delimiter = options["delimiter"]?.string, !delimiter.isEmpty else { return value }
        var parts: [String] = (old.string ?? "").components(separatedBy: delimiter)
        let text: String = value.string ?? GoText.of(value)
        let index = Int(options.number("index"))
        if index < 0 {
            parts.insert(text, at: 0)
        } else if index >= parts.count {
            parts.append(text)
        } else {
            parts[index] = text
        }
        return .string(parts.joined(separator: delimiter))
    }
}

extension String {
    /// Without Foundation.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
