import Machinery

/// What a debugging container may do. Source: k8s.io/kubectl/pkg/cmd/debug/profiles.go.
enum DebugProfile: String {
    case legacy, general, baseline, netadmin, restricted, sysadmin

    /// Where the container runs.
    enum Place { case ephemeral, copy, node }

    /// Whether a pod for a node is in the node's own namespaces.
    var seesNode: Bool { self != .baseline && self != .restricted }

    func securityContext(_ place: Place) -> JSON? {
        switch self {
        case .legacy, .baseline: nil
        case .general: place == .node ? nil : ["capabilities": ["add": ["SYS_PTRACE"]]]
        case .netadmin: ["capabilities": ["add": ["NET_ADMIN", "NET_RAW"]]]
        case .restricted:
            [
                "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]],
                "seccompProfile": ["type": "RuntimeDefault"],
            ]
        case .sysadmin: ["privileged": true]
        }
    }
}

/// Five letters and digits that make no words. Source: k8s.io/apimachinery/pkg/util/rand.
enum RandomSuffix {
    static func make() -> String { String((0..<5).compactMap { _ in "bcdfghjklmnpqrstvwxz2456789".randomElement() }) }
}
