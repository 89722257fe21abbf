import API
import Machinery

/// What a container asks for of a resource that devices may serve: one that DeviceClasses name, or each class by its own name.
///
/// Source: KEP-5004, DRA extended resources.
struct ExtendedRequest: Sendable {
    /// Of the request in the claim that is made for the pod.
    let name: String
    let container: String
    let resource: String
    let count: Int

    /// - Parameter requests: what the whole pod asks for; for most pods that answers it.
    static func of(_ spec: View<PodSpec>, _ requests: [String: Quantity]) -> [ExtendedRequest] {
        guard requests.keys.contains(where: ResourceName.mayNameDevices) else { return [] }
        var all: [ExtendedRequest] = []
        for (place, container) in (spec.initContainers + spec.containers).enumerated() {
            let asked: [(key: String, value: Quantity)] = container.resources.requests.filter {
                ResourceName.mayNameDevices($0.key) && $0.value.sign > 0
            }.sorted { $0.key < $1.key }
            for (index, one) in asked.enumerated() {
                all.append(
                    ExtendedRequest(
                        name: "container-\(place)-request-\(index)", container: container.name, resource: one.key,
                        count: Int(one.value.value)))
            }
        }
        return all
    }

    /// The class whose devices serve a resource, by the classes' own word.
    static func className(of resource: String, _ view: DeviceView) -> String? {
        if let name = view.extended[resource] { return name }
        guard resource.hasPrefix(ResourceName.deviceClassPrefix) else { return nil }
        let name = String(resource.dropFirst(ResourceName.deviceClassPrefix.count))
        return view.classes[name] == nil ? nil : name
    }

    /// How the claim for such requests of a pod is called before it is made: no object has this name.
    static func claim(for pod: PodInfo) -> ObjectKey { ObjectKey(namespace: pod.key.namespace, name: "extended resources of " + pod.uid) }
}

extension ClaimWish {
    /// What devices have to serve on a node that does not have the resources itself; nil for nothing.
    init?(_ requests: [ExtendedRequest], of pod: PodInfo, on node: NodeInfo, _ view: DeviceView) throws(Problem) {
        var wanted: [Request] = []
        for request in requests where node.allocatable[request.resource].isZero {
            guard let name = ExtendedRequest.className(of: request.resource, view) else { continue }
            let description: JSON = ["deviceClassName": .string(name), "count": .int(Int64(request.count))]
            wanted.append(Request(name: request.name, options: [try DeviceWish(request.name, description, view)]))
        }
        guard !wanted.isEmpty else { return nil }
        self.init(key: ExtendedRequest.claim(for: pod), requests: wanted, constraints: [], config: [])
    }
}
