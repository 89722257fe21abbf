import API
import Machinery

/// Only nodes in the zone and region of the pod's volumes, where their labels say one.
/// Source: pkg/scheduler/framework/plugins/volumezone.
struct VolumeZone: Filter {
    static let name = "VolumeZone"
    static let events: Set<ClusterEvent.Kind> = VolumeBinding.events

    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool {
        VolumeBinding.mayHelp(pod, event, snapshot)
    }

    private static let labels = [
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    ]

    private let places: [(label: String, values: Set<String>)]

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        guard !pod.claims.isEmpty else { return nil }
        var places: [(label: String, values: Set<String>)] = []
        for use in pod.claims {
            guard let name = snapshot.storage.claims[use.key]?.spec.volumeName, let volume = snapshot.storage.volumes[name] else {
                continue
            }
            let labels: [String: String] = volume.metadata.labels
            for label in Self.labels {
                if let value = labels[label] { places.append((label, Set(value.components(separatedBy: "__")))) }
            }
        }
        guard !places.isEmpty else { return nil }
        self.places = places
    }

    func rejection(of node: NodeInfo) -> Rejection? {
        // A node that says nothing of zones is in all of them.
        guard Self.labels.contains(where: { node.labels[$0] != nil }) else { return nil }
        let isThere: Bool = places.allSatisfy { place in node.labels[place.label].map(place.values.contains) ?? false }
        return isThere ? nil : .incurable("node(s) had no available volume zone")
    }
}

extension String {
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest: Substring = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
