package import Machinery

extension APIService {
    /// The objects that say of each built-in group and version that this server serves it.
    package static var local: [View<APIService>] {
        var seen: Set<String> = []
        return Registry.types.map(\.names).filter { seen.insert($0.apiVersion).inserted && $0.group != names.group }.map { kind in
            let (group, version): (Int, Int) = priority(kind.group, kind.version)
            return APIService.new(kind.version + "." + kind.group) {
                $0.metadata.labels = ["kube-aggregator.kubernetes.io/automanaged": "onstart"]
                $0.spec.group = kind.group
                $0.spec.version = kind.version
                $0.spec.groupPriorityMinimum = group
                $0.spec.versionPriority = version
            }
        }
    }

    /// Source: `apiVersionPriorities` of pkg/controlplane/apiserver/aggregator.go and pkg/controlplane/instance.go.
    private static func priority(_ group: String, _ version: String) -> (group: Int, version: Int) {
        switch (group, version) {
        case ("", _): (18_000, 1)
        case ("autoscaling", "v2"): (17_500, 30)
        case ("flowcontrol.apiserver.k8s.io", _): (16_100, 21)
        default: (groups[group] ?? 15_000, 15)
        }
    }

    private static let groups: [String: Int] = [
        "apps": 17_800, "events.k8s.io": 17_750, "authentication.k8s.io": 17_700, "authorization.k8s.io": 17_600,
        "autoscaling": 17_500, "batch": 17_400, "certificates.k8s.io": 17_300, "networking.k8s.io": 17_200, "policy": 17_100,
        "rbac.authorization.k8s.io": 17_000, "storage.k8s.io": 16_800, "apiextensions.k8s.io": 16_700,
        "admissionregistration.k8s.io": 16_700, "scheduling.k8s.io": 16_600, "coordination.k8s.io": 16_500, "node.k8s.io": 16_300,
        "discovery.k8s.io": 16_200, "resource.k8s.io": 15_900,
    ]
}
