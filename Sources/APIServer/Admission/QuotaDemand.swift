import API
import Machinery

/// What a request asks of quotas, and whether one has it. Pure; the texts are Kubernetes'.
///
/// Source: `CheckRequest` of k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go.
struct QuotaDemand: Sendable {
    enum Answer: Sendable, Equatable {
        /// The quota does not count the object, or the object takes nothing more than before.
        case nothing
        case amounts([String: Quantity])
        case refused(String)
    }

    private let object: JSON
    private let names: KindNames
    /// What the request takes beside what the object had.
    private let usage: [String: Quantity]

    /// - Parameter old: nil for a creation.
    init(object: JSON, old: JSON?, names: KindNames, now: Time, _ surroundings: ClaimSurroundings) {
        self.object = object
        self.names = names
        var usage: [String: Quantity] = QuotaUsage.of(object, names, now: now, surroundings)
        if let old {
            let before: [String: Quantity] = QuotaUsage.of(old, names, now: now, surroundings)
            for (name, amount) in usage { usage[name] = max(amount - (before[name] ?? .zero), .zero) }
        }
        self.usage = usage.filter { !$0.value.isZero }
    }

    func of(_ quota: View<ResourceQuota>) -> Answer {
        let hard: [String: Quantity] = quota.status.hard
        let counted: [String] = hard.keys.filter { QuotaUsage.counts($0, for: names) }.sorted()
        guard !counted.isEmpty, quota.covers(object, names) else { return .nothing }
        if let missing = missing(counted) { return .refused("failed quota: \(quota.name): must specify \(missing)") }
        let used: [String: Quantity] = quota.status.used
        guard counted.allSatisfy({ used[$0] != nil }) else {
            return .refused("status unknown for quota: \(quota.name), resources: \(counted.joined(separator: ","))")
        }
        let negative: [String] = usage.keys.filter { (usage[$0]?.sign ?? 0) < 0 }.sorted()
        guard negative.isEmpty else {
            return .refused("quota usage is negative for resource(s): \(negative.joined(separator: ","))")
        }
        let wanted: [String: Quantity] = usage.filter { hard[$0.key] != nil }
        guard !wanted.isEmpty else { return .nothing }
        let exceeded: [String] = wanted.filter { ($0.value + (used[$0.key] ?? .zero)) > (hard[$0.key] ?? .zero) }.keys.sorted()
        guard exceeded.isEmpty else {
            func shown(_ amounts: [String: Quantity]) -> String {
                exceeded.map { "\($0)=\(amounts[$0] ?? .zero)" }.joined(separator: ",")
            }
            return .refused("exceeded quota: \(quota.name), requested: \(shown(wanted)), used: \(shown(used)), limited: \(shown(hard))")
        }
        return .amounts(wanted)
    }

    private static let demanded: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    /// Where a quota bounds processor or memory, each container has to say what it wants: `cpu for: a,b; memory for: b`.
    private func missing(_ counted: [String]) -> String? {
        let demanded: [String] = counted.filter(Self.demanded.contains)
        guard names.group.isEmpty, names.plural == "pods", !demanded.isEmpty else { return nil }
        let spec: View<PodSpec> = View<Pod>(object).spec
        let whole: [String: Quantity] = spec.resources.map { QuotaUsage.ofCompute(requests: $0.requests, limits: $0.limits) } ?? [:]
        var missing: [String: Set<String>] = [:]
        for container in spec.containers + spec.initContainers {
            let given: [String: Quantity] = QuotaUsage.ofCompute(
                requests: container.resources.requests, limits: container.resources.limits)
            for resource in demanded where given[resource] == nil && whole[resource] == nil {
                missing[resource, default: []].insert(container.name)
            }
        }
        guard !missing.isEmpty else { return nil }
        return missing.sorted { $0.key < $1.key }.map { "\($0.key) for: \($0.value.sorted().joined(separator: ","))" }.joined(
            separator: "; ")
    }
}
