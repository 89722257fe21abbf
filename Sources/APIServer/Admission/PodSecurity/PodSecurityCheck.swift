import Machinery

/// One rule of the Pod Security Standards. Pure; the texts are Kubernetes'.
///
/// Source: k8s.io/pod-security-admission/policy.
struct PodSecurityCheck: Sendable {
    /// What a pod breaks: `hostPort (container "web" uses hostPort 80)`.
    struct Violation: Sendable, Equatable {
        let reason: String
        let detail: String
    }

    let id: String
    let level: PodSecurityLevel
    /// The check of a lower level that this one includes.
    var replaces: String?
    /// nil for a pod that keeps the rule. The number is the minor version of the standard.
    let violation: @Sendable (PodSecuritySubject, Int) -> Violation?

    /// In the order in which they are told: by level, then by id.
    static let all: [PodSecurityCheck] = baseline.sorted { $0.id < $1.id } + restricted.sorted { $0.id < $1.id }

    /// Everything that the pod breaks. Source: `EvaluatePod` of k8s.io/pod-security-admission/policy/registry.go.
    static func violations(of pod: PodSecuritySubject, _ standard: PodSecurityStandard) -> [Violation] {
        guard standard.level > .privileged else { return [] }
        let minor: Int = standard.minor ?? .max
        let applied: [PodSecurityCheck] = all.filter { $0.level <= standard.level }
        let replaced: Set<String> = Set(applied.compactMap { $0.replaces })
        return applied.filter { !replaced.contains($0.id) }.compactMap { $0.violation(pod, minor) }
    }
}

extension [PodSecurityCheck.Violation] {
    /// `privileged (container "a" must not set securityContext.privileged=true), hostPort (…)`
    var text: String { map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ") }

    /// `privileged, hostPort`
    var reasons: String { map(\.reason).joined(separator: ", ") }
}

/// A pod, or the template of one, as the checks look at it.
struct PodSecuritySubject: Sendable {
    let annotations: JSON?
    let spec: JSON
    /// Init containers first, then containers, then ephemeral ones: name and declaration.
    let containers: [(name: String, json: JSON)]

    init(metadata: JSON?, spec: JSON) {
        annotations = metadata?["annotations"]
        self.spec = spec
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { list in
            (spec[list]?.array ?? []).map { ($0["name"]?.string ?? "", $0) }
        }
    }

    var context: JSON? { spec["securityContext"] }
    var isWindows: Bool { spec[["os", "name"]] == "windows" }
    /// The pod has users of its own, whose root is nobody on the node.
    var hasOwnUsers: Bool { spec["hostUsers"] == false }

    /// Names of the containers of which the claim is true.
    func containers(where isBad: (JSON) -> Bool) -> [String] {
        containers.filter { isBad($0.json["securityContext"] ?? [:]) }.map { $0.name }
    }

    /// `pod`, `container "a"`: who sets something that is not allowed.
    func setters(isPod: Bool, _ names: [String]) -> String {
        ((isPod ? ["pod"] : []) + (names.isEmpty ? [] : [Words.containers(names)])).joined(separator: " and ")
    }
}

/// How lists of names are said.
enum Words {
    static func plural(_ one: String, _ many: String, _ count: Int) -> String { count == 1 ? one : many }

    /// `container "a"`, `containers "a", "b"`
    static func containers(_ names: [String]) -> String { plural("container", "containers", names.count) + " " + quoted(names) }

    static func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}
