import Machinery

/// Labels of nodes that are out of use, and what to say of them. Source: pkg/api/node/util.go.
enum DeprecatedNodeLabels {
    static let notes: [String: String] = [
        "beta.kubernetes.io/arch": #"deprecated since v1.14; use "kubernetes.io/arch" instead"#,
        "beta.kubernetes.io/os": #"deprecated since v1.14; use "kubernetes.io/os" instead"#,
        "failure-domain.beta.kubernetes.io/region": #"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
        "failure-domain.beta.kubernetes.io/zone": #"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
        "beta.kubernetes.io/instance-type": #"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
        "app.kubernetes.io/created-by": "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
        "node-role.kubernetes.io/master": #"use "node-role.kubernetes.io/control-plane" instead"#,
    ]

    /// The labels of a map that are out of use, in order, each with its note.
    static func notes(of labels: [String: String]) -> [(label: String, note: String)] {
        labels.keys.sorted().compactMap { label in notes[label].map { (label, $0) } }
    }

    /// - Parameter checksValues: whether values that no label can have are told too.
    static func warnings(_ term: View<NodeSelectorTerm>, _ path: Path, checksValues: Bool = false) -> [String] {
        var warnings: [String] = []
        for (index, requirement) in term.matchExpressions.enumerated() {
            let here: Path = path.child("matchExpressions").index(index)
            if let note = notes[requirement.key] { warnings.append("\(here.child("key")): \(requirement.key) is \(note)") }
            guard checksValues else { continue }
            for (number, value) in requirement.values.enumerated() {
                warnings += Names.labelValue(value).map { "\(here.child("values").index(number)): \(value) is invalid, \($0)" }
            }
        }
        return warnings
    }

    static func warnings(_ selector: View<LabelSelector>, _ path: Path) -> [String] {
        var warnings: [String] = []
        for (index, requirement) in selector.matchExpressions.enumerated() {
            guard let note = notes[requirement.key] else { continue }
            warnings.append("\(path.child("matchExpressions").index(index).child("key")): \(requirement.key) is \(note)")
        }
        return warnings + notes(of: selector.matchLabels).map { "\(path.child("matchLabels").child($0.label)): \($0.note)" }
    }
}
