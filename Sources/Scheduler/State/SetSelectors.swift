import API
import Machinery

/// Which pods belong together although they don't say so: those of a ReplicaSet, ReplicationController or StatefulSet, and of Services.
///
/// Source: `DefaultSelector` of pkg/scheduler/framework/plugins/helper.
struct SetSelectors: Sendable {
    /// By uid of the owner.
    private var owners: [String: LabelMatch] = [:]
    /// By namespace and name.
    private var services: [String: [String: LabelMatch]] = [:]

    mutating func setOwner(_ uid: String, _ selector: LabelMatch?) { owners[uid] = selector }

    mutating func setService(_ key: ObjectKey, _ selector: LabelMatch?) {
        services[key.namespace, default: [:]][key.name] = selector
        if services[key.namespace]?.isEmpty == true { services[key.namespace] = nil }
    }

    func isInSet(_ pod: PodInfo) -> Bool { selector(of: pod) != nil }

    /// Requirements of all sets that the pod is in; nil when it is in none.
    func selector(of pod: PodInfo) -> LabelMatch? {
        var selector: LabelMatch?
        for service in (services[pod.key.namespace] ?? [:]).sorted(by: { $0.key < $1.key }).map(\.value)
        where service.matches(pod.labels) {
            selector = selector?.and(service) ?? service
        }
        if let owner = owners[pod.ownerUID], !owner.isEverything { selector = selector?.and(owner) ?? owner }
        return selector
    }
}
