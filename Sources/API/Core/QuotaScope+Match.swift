package import Machinery

/// Which objects a quota counts. Source: pkg/quota/v1/evaluator/core.
extension View<ResourceQuota> {
    /// True when the object has all scopes of the quota. A quota without scopes counts all; one with scopes pods only, or claims by the
    /// class of their attributes.
    package func covers(_ object: JSON, _ names: KindNames) -> Bool {
        requirements.allSatisfy { requirement in
            guard names.group.isEmpty else { return false }
            switch names.plural {
            case "pods": return requirement.matches(View<Pod>(object))
            case "persistentvolumeclaims": return requirement.matches(View<PersistentVolumeClaim>(object))
            default: return false
            }
        }
    }

    /// Plain scopes ask for themselves.
    private var requirements: [View<ScopedResourceSelectorRequirement>] {
        let plain: [View<ScopedResourceSelectorRequirement>] = self.spec.scopes.map { scope in
            View<ScopedResourceSelectorRequirement> {
                $0.scopeName = scope
                $0.operator = "Exists"
            }
        }
        return plain + (self.spec.scopeSelector?.matchExpressions ?? [])
    }
}

extension View<ScopedResourceSelectorRequirement> {
    fileprivate func matches(_ pod: View<Pod>) -> Bool {
        switch self.scopeName {
        case "Terminating": pod.spec.activeDeadlineSeconds != nil
        case "NotTerminating": pod.spec.activeDeadlineSeconds == nil
        case "BestEffort": pod.spec.qosClass == "BestEffort"
        case "NotBestEffort": pod.spec.qosClass != "BestEffort"
        case "PriorityClass": selects(pod.spec.priorityClassName.isEmpty ? [] : [pod.spec.priorityClassName])
        case "CrossNamespacePodAffinity": pod.spec.looksAcrossNamespaces
        default: false
        }
    }

    fileprivate func matches(_ claim: View<PersistentVolumeClaim>) -> Bool {
        guard self.scopeName == "VolumeAttributesClass" else { return false }
        let names: [String?] = [
            claim.spec.volumeAttributesClassName, claim.status.currentVolumeAttributesClassName,
            claim.status.modifyVolumeStatus?.targetVolumeAttributesClassName,
        ]
        return selects(names.compactMap(\.self).filter { !$0.isEmpty })
    }

    /// Of the values that an object has for the scope, one has to fit.
    private func selects(_ found: [String]) -> Bool {
        let wanted: [String] = self.values
        return switch self.operator {
        case "In": found.contains { wanted.contains($0) }
        case "NotIn": found.isEmpty || found.contains { !wanted.contains($0) }
        case "Exists": !found.isEmpty
        case "DoesNotExist": found.isEmpty
        default: false
        }
    }
}

extension View<PodSpec> {
    /// True when a term of the pod's (anti-)affinity names namespaces beside the pod's own.
    fileprivate var looksAcrossNamespaces: Bool {
        for kind in ["podAffinity", "podAntiAffinity"] {
            guard let affinity = json[["affinity", kind]] else { continue }
            let required: [JSON] = affinity["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
            let preferred: [JSON] = affinity["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
            let terms: [JSON] = required + preferred.compactMap { $0["podAffinityTerm"] }
            if terms.contains(where: { $0["namespaces"]?.array?.isEmpty == false || $0["namespaceSelector"] != nil }) { return true }
        }
        return false
    }
}
