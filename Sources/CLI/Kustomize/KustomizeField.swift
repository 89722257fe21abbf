import Machinery

/// A field that a transformer changes, of the kinds that have it.
/// Source: sigs.k8s.io/kustomize/api/types, `FieldSpec`, and api/filters/fieldspec.
struct KustomizeField {
    let type: KustomizeType
    /// `spec/template/metadata/labels`; `\/` is a slash in a name, `[]` says that a step is a list, which is never created.
    let path: String
    var creates: Bool = false

    init(_ path: String, _ kind: String = "", group: String = "", version: String = "", creates: Bool = false) {
        type = KustomizeType(group: group, version: version, kind: kind)
        self.path = path
        self.creates = creates
    }

    /// As configurations and plugins write it.
    init(_ json: JSON) {
        type = KustomizeType(selector: json)
        path = json.text(at: "path")
        creates = json["create"] == true
    }

    /// As plugins take it.
    var json: JSON {
        [
            "path": .string(path), "create": .bool(creates), "group": .string(type.group), "version": .string(type.version),
            "kind": .string(type.kind),
        ]
    }

    private var steps: [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).reduce(into: []) { steps, part in
            if let last = steps.last, last.hasSuffix("\\") {
                steps[steps.count - 1] = last.dropLast() + "/" + part
            } else {
                steps.append(String(part))
            }
        }
    }

    /// Changes the values at the path, in every element of the lists on the way.
    ///
    /// - Parameter new: the value to begin with where the field is to be created; nil creates none.
    func change(_ resource: KustomizeResource, new: JSON? = nil, _ body: (inout JSON) throws -> Void) throws {
        guard type.selects(resource.type) else { return }
        // The body may look at the resource: it is changed beside.
        var json: JSON = resource.json
        do { try change(&json, steps[...], new, body) } catch let problem as Problem {
            throw Failure("considering field '\(path)' of object \(resource.id.described): \(problem.text)")
        }
        resource.json = json
    }

    private struct Problem: Error { let text: String }

    private func change(_ json: inout JSON, _ steps: ArraySlice<String>, _ new: JSON?, _ body: (inout JSON) throws -> Void) throws {
        guard let step = steps.first else { return try body(&json) }
        switch json {
        case .array(var elements):
            do { for index in elements.indices { try change(&elements[index], steps, new, body) } } catch let problem as Problem {
                throw Problem(text: "visit traversal on path: [\(steps.joined(separator: " "))]: \(problem.text)")
            }
            json = .array(elements)
        case .object:
            let isList: Bool = step.hasSuffix("[]")
            let name: String = isList ? String(step.dropLast(2)) : step
            var child: JSON = json[name] ?? .null
            if child.isNull {
                guard creates, !isList, let new else { return }
                child = steps.count == 1 ? new : [:]
            }
            try change(&child, steps.dropFirst(), new, body)
            json[name] = child
        default: throw Problem(text: "expected sequence or mapping node")
        }
    }
}

extension [KustomizeField] {
    /// With those of another list that are not there. Throws when one is to be created here and not there.
    func merged(with others: [KustomizeField], as what: String) throws -> [KustomizeField] {
        try others.reduce(into: self) { fields, other in
            guard let known = fields.first(where: { $0.path == other.path && $0.type == other.type }) else { return fields.append(other) }
            if known.creates != other.creates { throw Failure("failed to merge \(what) fieldSpec: conflicting fieldspecs") }
        }
    }
}
