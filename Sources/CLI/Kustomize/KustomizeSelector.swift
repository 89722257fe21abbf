import Machinery

/// Which resources a patch or replacement means: regular expressions over the whole of a text, and label selectors. What is not
/// said means all. Source: sigs.k8s.io/kustomize/api/types, `Selector`.
struct KustomizeSelector {
    private let expressions: [String: RegularExpression]
    private let labels: LabelMatch?
    private let annotations: LabelMatch?

    init(_ json: JSON) throws {
        var expressions: [String: RegularExpression] = [:]
        for member in ["group", "version", "kind", "name", "namespace"] {
            guard let pattern = json[member]?.string, !pattern.isEmpty else { continue }
            do { expressions[member] = try RegularExpression("^(?:\(pattern))$") } catch { throw Failure("\(error)") }
        }
        self.expressions = expressions
        labels = try Self.match(json["labelSelector"])
        annotations = try Self.match(json["annotationSelector"])
    }

    private static func match(_ json: JSON?) throws -> LabelMatch? {
        guard let text = json?.string, !text.isEmpty else { return nil }
        do { return try LabelMatch(parsing: text) } catch { throw Failure("\(error)") }
    }

    private func fits(_ member: String, _ text: String) -> Bool { expressions[member]?.matches(text) ?? true }

    func matches(_ id: KustomizeID) -> Bool {
        fits("name", id.name) && fits("namespace", id.effectiveNamespace) && fits("group", id.type.group)
            && fits("version", id.type.version) && fits("kind", id.type.kind)
    }

    func matchesPairs(_ resource: KustomizeResource) -> Bool {
        (labels?.matches(resource.json[["metadata", "labels"]]) ?? true)
            && (annotations?.matches(resource.json[["metadata", "annotations"]]) ?? true)
    }

    /// By the first or the present name and namespace, whichever fit.
    func matches(_ resource: KustomizeResource) -> Bool {
        let (now, first): (KustomizeID, KustomizeID) = (resource.id, resource.originalID)
        return (fits("namespace", first.effectiveNamespace) || fits("namespace", now.effectiveNamespace))
            && (fits("name", first.name) || fits("name", now.name)) && fits("group", now.type.group)
            && fits("version", now.type.version) && fits("kind", now.type.kind) && matchesPairs(resource)
    }
}
