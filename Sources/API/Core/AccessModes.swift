import Machinery

/// How a volume can be mounted.
package enum AccessModes {
    /// Names the class of a volume or claim; `storageClassName` has taken its place.
    package static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    private static let letters: [(mode: String, short: String)] = [
        ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
    ]

    /// Source: `ValidatePersistentVolumeSpec` and its neighbour for claims in pkg/apis/core/validation.
    static func validate(_ modes: [String], _ path: Path, _ problems: inout Problems) {
        let supported: [String] = letters.map(\.mode).sorted()
        for mode in modes where !supported.contains(mode) { problems.notSupported(path, .string(mode), supported: supported) }
        if modes.contains("ReadWriteOncePod"), modes.contains(where: { $0 != "ReadWriteOncePod" }) {
            problems.forbidden(path, "may not use ReadWriteOncePod with other access modes")
        }
    }

    /// Of a volume or claim whose class is named in the way of former days.
    static func classWarnings(_ metadata: View<ObjectMeta>) -> [String] {
        guard metadata.annotations[classAnnotation] != nil else { return [] }
        return ["metadata.annotations[\(classAnnotation)]: deprecated since v1.8; use \"storageClassName\" attribute instead"]
    }

    /// `RWO,ROX`. Source: `GetAccessModesAsString` of pkg/apis/core/helper.
    package static func short(_ modes: [String]) -> String {
        letters.filter { modes.contains($0.mode) }.map { $0.short }.joined(separator: ",")
    }
}
