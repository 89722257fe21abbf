import Machinery

/// The way from client-side to server-side apply, for the manager `kubectl` only: what the last client-side apply set and nobody
/// changed since is no conflict, and its annotation follows what is applied now, so that the way back stays open.
///
/// Source: k8s.io/apimachinery/pkg/util/managedfields/internal/{lastapplied,lastappliedmanager,lastappliedupdater}.go.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
    /// All annotations together. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go.
    private static let totalAnnotationSize = 256 * 1024

    /// The fields of the last client-side apply that are still as it left them.
    static func ownFields(_ live: JSON, _ shape: FieldShape, _ owner: FieldOwnership.Owner) -> FieldSet {
        guard owner.manager == "kubectl", let text: String = configuration(live), let last = try? JSON(parsing: text) else {
            return FieldSet()
        }
        let changes = FieldComparison(last, live, shape)
        return FieldSet(of: last, shape).subtracting(changes.modified).subtracting(changes.added).subtracting(changes.removed)
    }

    /// Writes the configuration into the annotation, where there is one.
    static func refresh(_ object: inout JSON, _ applied: JSON, _ owner: FieldOwnership.Owner) {
        guard owner.manager == "kubectl", configuration(object) != nil else { return }
        var plain: JSON = applied
        plain[["metadata", "annotations", annotation]] = nil
        if plain["metadata"]?["annotations"]?.isEmpty ?? false { plain[["metadata", "annotations"]] = nil }
        let text: String = sorted(plain).text(JSONStyle(escapeHTML: true)) + "\n"
        let others: Int =
            object["metadata"]?["annotations"]?.object?.members.reduce(0) { sum, member in
                member.key == annotation ? sum : sum + member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
            } ?? 0
        let fits: Bool = others + annotation.utf8.count + text.utf8.count <= totalAnnotationSize
        object[["metadata", "annotations", annotation]] = .string(fits ? text : "")
    }

    private static func configuration(_ object: JSON) -> String? {
        object["metadata"]?["annotations"]?[annotation]?.string
    }

    /// Members by name at all levels, as Go writes maps.
    private static func sorted(_ json: JSON) -> JSON {
        switch json {
        case .object(let object):
            var copy: JSONObject = object.sorted()
            copy.updateValues { _, value in value = sorted(value) }
            return .object(copy)
        case .array(let elements): return .array(elements.map { sorted($0) })
        default: return json
        }
    }
}
