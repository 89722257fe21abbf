package import Machinery

/// A taint of a node, read once.
package struct TaintInfo: Hashable, Sendable {
    package let key: String
    package let value: String
    package let effect: String

    package init(key: String, value: String = "", effect: String) {
        self.key = key
        self.value = value
        self.effect = effect
    }

    package init(_ taint: View<Taint>) { self.init(key: taint.key, value: taint.value, effect: taint.effect) }

    /// True when it forbids a pod with these tolerations; one that only discourages never does.
    package func keepsAway(_ tolerations: [TolerationInfo]) -> Bool {
        effect != "PreferNoSchedule" && !tolerations.contains { $0.tolerates(self) }
    }
}

/// Lets a pod onto nodes with some taints, read once. Source: `ToleratesTaint` of component-helpers.
package struct TolerationInfo: Hashable, Sendable {
    private let key: String
    private let operation: String
    private let value: String
    /// How long a pod may stay under a taint NoExecute; nil for ever.
    package let seconds: Int?
    /// Empty for all.
    package let effect: String

    package init(_ toleration: View<Toleration>) {
        key = toleration.key
        operation = toleration.operator
        value = toleration.value
        effect = toleration.effect
        seconds = toleration.tolerationSeconds
    }

    package func tolerates(_ taint: TaintInfo) -> Bool {
        guard effect.isEmpty || effect == taint.effect, key.isEmpty || key == taint.key else { return false }
        switch operation {
        case "", "Equal": return value == taint.value
        case "Exists": return true
        case "Lt": return compares(taint) { $0 < $1 }
        case "Gt": return compares(taint) { $0 > $1 }
        default: return false
        }
    }

    /// The taint's value against the toleration's, as numbers.
    private func compares(_ taint: TaintInfo, _ holds: (Int64, Int64) -> Bool) -> Bool {
        guard let there = Int64(taint.value), let wanted = Int64(value) else { return false }
        return holds(there, wanted)
    }
}
