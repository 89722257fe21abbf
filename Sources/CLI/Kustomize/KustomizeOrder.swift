import Machinery

/// `sortOptions`: the order in which the objects of a build are written.
/// Source: sigs.k8s.io/kustomize/api/internal/builtins, SortOrderTransformer.go.
struct KustomizeOrder {
    private let isSorted: Bool
    private let first: [String]
    private let last: [String]

    /// Throws for an order that there is not.
    init(_ kustomization: Kustomization) throws {
        let order: String = kustomization.json[["sortOptions", "order"]]?.string ?? ""
        guard kustomization.json["sortOptions"] == nil || ["fifo", "legacy"].contains(order) else {
            throw Failure("the field 'sortOptions.order' must be one of [fifo, legacy]")
        }
        let legacy: JSON? = kustomization.json[["sortOptions", "legacySortOptions"]]
        if order == "fifo", legacy != nil {
            throw Failure("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'")
        }
        isSorted = order != "fifo"
        first = legacy.map { $0.list("orderFirst").compactMap(\.string) } ?? Self.usualFirst
        last = legacy.map { $0.list("orderLast").compactMap(\.string) } ?? Self.usualLast
    }

    private static let usualFirst: [String] = [
        "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy", "Role",
        "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange", "PriorityClass",
        "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
    ]
    private static let usualLast: [String] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

    func sorted(_ resources: [KustomizeResource]) -> [KustomizeResource] {
        guard isSorted else { return resources }
        return resources.enumerated().sorted { one, other in
            let (left, right): (Int, Int) = (rank(one.element.kind), rank(other.element.kind))
            if left != right { return left < right }
            let (a, b): ([String], [String]) = (Self.key(one.element), Self.key(other.element))
            return a == b ? one.offset < other.offset : a.lexicographicallyPrecedes(b)
        }.map(\.element)
    }

    private func rank(_ kind: String) -> Int {
        if let index = first.firstIndex(of: kind) { return index - first.count }
        return last.firstIndex(of: kind).map { $0 + 1 } ?? 0
    }

    private static func key(_ resource: KustomizeResource) -> [String] {
        let type: KustomizeType = resource.type
        // What is not there comes last.
        return [type.group, type.version, type.kind, resource.namespace, resource.name].map { $0.isEmpty ? "~" : $0 }
    }
}
