import Machinery

/// Kinds of volumes that are out of use. Source: pkg/api/pod/warnings.go and pkg/api/persistentvolume/util.go.
enum DeprecatedVolumes {
    private static let notes: [(source: String, note: String)] = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"), ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"), ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"), ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    private static let sources: Set<String> = Set(notes.map(\.source))

    /// - Parameter volume: a volume of a pod, or the spec of a PersistentVolume: its sources by name.
    static func warnings(_ volume: JSON, _ path: @autoclosure () -> Path) -> [String] {
        guard volume.object?.contains(where: { sources.contains($0.key) }) ?? false else { return [] }
        return notes.filter { volume[$0.source] != nil }
            .map { "\(path().child($0.source == "storageos" ? "storageOS" : $0.source)): \($0.note)" }
    }
}
