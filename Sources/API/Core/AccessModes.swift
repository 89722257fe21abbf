/// How a volume can be mounted.
package enum AccessModes {
    /// Names the class of a volume or claim; `storageClassName` has taken its place.
    package static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    private static let letters: [(mode: String, short: String)] = [
        ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
    ]

    /// `RWO,ROX`. Source: `GetAccessModesAsString` of pkg/apis/core/helper.
    package static func short(_ modes: [String]) -> String {
        letters.filter { modes.contains($0.mode) }.map { $0.short }.joined(separator: ",")
    }
}
