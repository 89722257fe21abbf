import API
import Client
import Machinery

/// One object on its way through a kustomization.
struct KustomizeResource {
    var json: JSON
    /// The names it had before, with their namespaces; the first is the one in its file.
    var formerNames: [(name: String, namespace: String)] = []
    /// Prefixes and suffixes that were put around the name, outermost last.
    var affixes: [String] = []
    /// The file that it came from, or the generator that made it: what `buildMetadata: [originAnnotations]` tells.
    var origin: JSON = [:]
    /// A hash of the content is put behind the name at the end.
    var needsHash: Bool = false

    init(_ json: JSON) {
        self.json = json
    }

    var kind: String { json["kind"]?.string ?? "" }
    var group: String { Discovery.split(json["apiVersion"]?.string ?? "").group }
    var version: String { Discovery.split(json["apiVersion"]?.string ?? "").version }
    var name: String { json.text(at: "metadata", "name") }
    var namespace: String { json.text(at: "metadata", "namespace") }

    /// The name as it was in the file.
    var originalName: String { formerNames.first?.name ?? name }

    mutating func rename(_ name: String) {
        formerNames.append((self.name, namespace))
        json[["metadata", "name"]] = .string(name)
    }

    mutating func move(to namespace: String) {
        formerNames.append((name, self.namespace))
        json[["metadata", "namespace"]] = .string(namespace)
    }

    /// True when it has or had this name.
    func isNamed(_ name: String) -> Bool { self.name == name || formerNames.contains { $0.name == name } }

    /// False for kinds that stand outside of namespaces; kinds that nobody knows are taken to stand inside.
    var isNamespaced: Bool {
        Registry.kinds.first { $0.names.kind == kind && $0.names.resource.group == group }?.names.isNamespaced ?? true
    }

    var schema: ObjectSchema? { KnownSchema.of(json) }

    /// `Deployment.v1.apps/web.default`, for errors.
    var described: String { "\(kind).\(version).\(group.isEmpty ? "[noGrp]" : group)/\(name).\(namespace.isEmpty ? "[noNs]" : namespace)" }
}

/// Which resources a patch or replacement means: regular expressions, selectors; what is not said means all.
struct KustomizeSelector {
    let json: JSON

    func matches(_ resource: KustomizeResource) throws -> Bool {
        func fits(_ member: String, _ value: String) throws -> Bool {
            guard let pattern = json[member]?.string, !pattern.isEmpty else { return true }
            if pattern == value { return true }
            do { return try RegularExpression("^(?:\(pattern))$").matches(value) } catch {
                throw Failure("\(member) \(JSON.quoted(pattern)): \(error)")
            }
        }
        guard try fits("group", resource.group), try fits("version", resource.version), try fits("kind", resource.kind) else {
            return false
        }
        let names: [String] = [resource.name] + resource.formerNames.map(\.name)
        guard try names.contains(where: { try fits("name", $0) }) else { return false }
        let namespaces: [String] = [resource.namespace] + resource.formerNames.map(\.namespace)
        guard try namespaces.contains(where: { try fits("namespace", $0) }) else { return false }
        for (member, pairs) in [("labelSelector", "labels"), ("annotationSelector", "annotations")] {
            guard let text = json[member]?.string, !text.isEmpty else { continue }
            do {
                guard try LabelMatch(parsing: text).matches(resource.json[["metadata", pairs]]) else { return false }
            } catch { throw Failure("\(error)") }
        }
        return true
    }
}
