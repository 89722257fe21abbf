import Machinery

/// Copies values from fields of one resource to fields of others.
/// Source: sigs.k8s.io/kustomize/api/filters/replacement.
struct KustomizeReplacements: KustomizeTransformer {
    private let all: [JSON]

    /// - Parameter json: with a list `replacements`, of which each is one or has a `path` of a file with some.
    init(_ json: JSON, _ kustomization: Kustomization) throws {
        all = try json.list("replacements").flatMap { (entry: JSON) -> [JSON] in
            guard let path = entry["path"]?.string, !path.isEmpty else { return [entry] }
            guard entry["source"] == nil, entry["targets"]?.array?.isEmpty ?? true else {
                throw Failure("cannot specify both path and inline replacement")
            }
            let file: [UInt8] = try kustomization.file(path)
            let documents: [YAMLDocument]
            do throws(YAMLError) { documents = try YAML.documents(file, file: path) } catch { throw Failure(error.kubectlText) }
            return documents.flatMap { $0.json.array ?? [$0.json] }
        }
    }

    func transform(_ resources: inout [KustomizeResource]) throws {
        for entry in all {
            guard entry["source"] != nil || entry["sourceValue"] != nil, let targets = entry["targets"]?.array else {
                throw Failure("replacements must specify a source and at least one target")
            }
            let value: JSON = try entry["sourceValue"] ?? value(entry["source"] ?? [:], resources)
            for target in targets { try replace(target, value, resources) }
        }
    }

    private func value(_ source: JSON, _ resources: [KustomizeResource]) throws -> JSON {
        let found: [KustomizeResource] = resources.filter { resource in resource.allIDs.contains { $0.isSelected(source) } }
        let described: String = KustomizeID.described(
            KustomizeType(selector: source), source["name"]?.string ?? "", source["namespace"]?.string ?? "")
        let selection: String = described + Self.fields(source)
        guard let owner = found.first else { throw Failure("nothing selected by \(selection)") }
        if found.count > 1 { throw Failure("multiple matches for selector \(selection)") }
        let path: String = source["fieldPath"]?.string ?? "metadata.name"
        let field: JSON?
        do { field = try KustomizePath(path).value(in: owner.json) } catch let failure as Failure {
            throw Failure("error looking up replacement source: \(failure.description)")
        }
        guard let value = field, !value.isNull else {
            throw Failure("fieldPath `\(path)` is missing for replacement source \(described)")
        }
        guard let delimiter = source[["options", "delimiter"]]?.string, !delimiter.isEmpty else { return value }
        guard value.object == nil, value.array == nil else { throw Failure("delimiter option can only be used with scalar nodes") }
        let text: String = value.string ?? GoText.of(value)
        let parts: [String] = Self.parts(text, delimiter)
        let index = Int(source.number("options", "index"))
        guard parts.indices.contains(index) else { throw Failure("options.index \(index) is out of bounds for value \(text)") }
        return .string(parts[index])
    }

    /// The field of a source and which part of it, as kustomize tells a selector with them.
    private static func fields(_ source: JSON) -> String {
        var text: String = source.text(at: "fieldPath").isEmpty ? "" : ":" + source.text(at: "fieldPath")
        if let options = source["options"], !options.isNull {
            let delimiter: String = options.text(at: "delimiter")
            text += ":\(delimiter)(\(Int(options.number("index")))), create=\(options["create"] == true)"
        }
        return text
    }

    private func replace(_ target: JSON, _ value: JSON, _ resources: [KustomizeResource]) throws {
        guard let select = target["select"] else { throw Failure("target must specify resources to select") }
        let selector = try KustomizeSelector(select)
        let rejects: [KustomizeSelector] = try target.list("reject").map(KustomizeSelector.init)
        let paths: [String] = target.list("fieldPaths").compactMap(\.string)
        let creates: Bool = target[["options", "create"]] == true
        for resource in resources {
            let ids: [KustomizeID] = resource.allIDs
            guard selector.matchesPairs(resource), ids.contains(where: selector.matches),
                !rejects.contains(where: { reject in reject.matchesPairs(resource) && ids.contains(where: reject.matches) })
            else { continue }
            for path in paths.isEmpty ? ["metadata.name"] : paths {
                let missing = "unable to find \(creates ? "or create " : "")field \(JSON.quoted(path)) in replacement target"
                // What cannot take the value fails only when all have been found.
                var refusal: Failure?
                let count: Int
                do {
                    count = try KustomizePath(path).change(&resource.json, new: creates ? Optional.some(value) : Optional<JSON>.none) {
                        field, isNew in
                        do { field = try Self.changed(field, isNew: isNew, value, target["options"] ?? [:]) } catch let failure as Failure {
                            refusal = refusal ?? failure
                        }
                    }
                } catch let failure as Failure {
                    throw Failure("\(missing): \(failure.description)")
                }
                if let refusal { throw refusal }
                if count == 0 { throw Failure(missing) }
            }
        }
    }

    /// With a delimiter only one part of the text is replaced. A plain value keeps its type: only its text is taken over.
    private static func changed(_ old: JSON, isNew: Bool, _ value: JSON, _ options: JSON) throws -> JSON {
        var text: String = value.string ?? GoText.of(value)
        let isPlain: Bool = old.object == nil && old.array == nil
        if let delimiter = options["delimiter"]?.string, !delimiter.isEmpty {
            guard isPlain else { throw Failure("delimiter option can only be used with scalar nodes") }
            var parts: [String] = Self.parts(isNew ? "" : old.string ?? GoText.of(old), delimiter)
            let index = Int(options.number("index"))
            if index < 0 {
                parts.insert(text, at: 0)
            } else if index >= parts.count {
                parts.append(text)
            } else {
                parts[index] = text
            }
            text = parts.joined(separator: delimiter)
        } else if !isPlain || value.object != nil || value.array != nil {
            return value
        }
        if case .string = old, !isNew { return .string(text) }
        if !isNew, let problem = Self.mismatch(text, old) { throw Failure("map[string]interface {}(nil): yaml: \(problem)") }
        return YAML.plain(text)
    }

    /// Why a field cannot take a text that would give it another type: `cannot decode !!int `1` as a !!bool`.
    private static func mismatch(_ text: String, _ old: JSON) -> String? {
        func tag(_ json: JSON) -> String {
            switch json {
            case .null: "!!null"
            case .bool: "!!bool"
            case .int: "!!int"
            case .number(let digits): digits.allSatisfy { $0.isNumber || $0 == "-" } ? "!!int" : "!!float"
            default: "!!str"
            }
        }
        let (found, wanted): (String, String) = (tag(YAML.plain(text)), tag(old))
        return found == wanted || wanted == "!!float" && found == "!!int" ? nil : "cannot decode \(found) `\(text)` as a \(wanted)"
    }

    private static func parts(_ text: String, _ delimiter: String) -> [String] {
        text.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init)
    }
}
