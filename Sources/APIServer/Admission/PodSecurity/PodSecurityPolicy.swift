import Machinery

/// How much a pod may do, from everything to little.
enum PodSecurityLevel: String, Sendable, Comparable {
    case privileged, baseline, restricted

    static func < (one: PodSecurityLevel, other: PodSecurityLevel) -> Bool { one.strictness < other.strictness }

    private var strictness: Int {
        switch self {
        case .privileged: 0
        case .baseline: 1
        case .restricted: 2
        }
    }
}

/// A level as one version of Kubernetes defined it: `restricted:latest`, `baseline:v1.30`.
struct PodSecurityStandard: Sendable, Hashable, CustomStringConvertible {
    var level: PodSecurityLevel
    /// The minor version; nil is the latest.
    var minor: Int?

    static let privileged = PodSecurityStandard(level: .privileged, minor: nil)

    var description: String { level.rawValue + ":" + (minor.map { "v1.\($0)" } ?? "latest") }
}

/// What the labels of a namespace ask of its pods. Source: `PolicyToEvaluate` of k8s.io/pod-security-admission/api.
struct PodSecurityPolicy: Sendable, Equatable {
    static let prefix = "pod-security.kubernetes.io/"

    /// Pods that break it are refused.
    var enforce: PodSecurityStandard = .privileged
    /// Who makes a pod, or something that makes pods, that breaks it, is warned.
    var warn: PodSecurityStandard = .privileged
    /// What breaks it is noted in the audit.
    var audit: PodSecurityStandard = .privileged
    /// Labels that can't be read, with what is wrong. Such a level counts as the strictest where it is enforced, as none where it warns.
    private(set) var problems: [Problem] = []

    struct Problem: Sendable, Equatable {
        let label: String
        let value: String
        let detail: String
    }

    init(labels: (String) -> String?) {
        enforce = read("enforce", labels, invalid: .restricted)
        audit = read("audit", labels, invalid: .privileged)
        warn = read("warn", labels, invalid: .privileged)
        if labels(Self.prefix + "warn") == nil, let level = labels(Self.prefix + "enforce").flatMap({ PodSecurityLevel(rawValue: $0) }),
            level > .privileged
        {
            // What is enforced on pods is worth a warning on what makes them.
            warn.level = level
            if labels(Self.prefix + "warn-version") == nil { warn.minor = enforce.minor }
        }
    }

    private mutating func read(_ mode: String, _ labels: (String) -> String?, invalid: PodSecurityLevel) -> PodSecurityStandard {
        var standard: PodSecurityStandard = .privileged
        let (levelLabel, versionLabel): (String, String) = (Self.prefix + mode, Self.prefix + mode + "-version")
        if let text = labels(levelLabel) {
            if let level = PodSecurityLevel(rawValue: text) {
                standard.level = level
            } else {
                standard.level = invalid
                problems.append(Problem(label: levelLabel, value: text, detail: "must be one of privileged, baseline, restricted"))
            }
        }
        if let text = labels(versionLabel), text != "latest" {
            standard.minor = Self.minor(text)
            if standard.minor == nil {
                problems.append(Problem(label: versionLabel, value: text, detail: #"must be "latest" or "v1.x""#))
            }
        }
        return standard
    }

    /// The number of `v1.x`; nil for anything else.
    private static func minor(_ text: String) -> Int? {
        guard text.hasPrefix("v1.") else { return nil }
        let digits: Substring = text.dropFirst(3)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits == "0" || !digits.hasPrefix("0") else { return nil }
        return Int(digits)
    }
}
