import API
import Client
import Machinery

/// The pods behind a Service, as Endpoints and EndpointSlices show them. Pure.
///
/// Source: pkg/controller/endpoint, pkg/controller/endpointslice.
struct ServiceBackends {
    /// A pod that takes connections, may take some later, or is on its way out.
    struct Backend {
        let pod: View<Pod>
        let address: String
        let isReady: Bool
        let isServing: Bool
        let isTerminating: Bool
    }

    /// One set of port numbers and the pods that have it: named target ports may differ from pod to pod.
    struct Group {
        let ports: [JSON]
        var backends: [Backend]
    }

    private(set) var groups: [Group]
    /// When a pod last became ready or ceased to be, or the service was made.
    private let changedAt: Time

    var count: Int { groups.reduce(0) { $0 + $1.backends.count } }

    /// - Parameter family: of their addresses; nil for the Service's main one.
    init(_ service: View<Service>, podsByLabel: PodsByLabel, _ family: IPFamily? = nil) {
        let selector: LabelMatch = service.podSelector
        self.init(service, pods: podsByLabel.pods(in: service.namespace) { selector.matches($0) }, family)
    }

    init(_ service: View<Service>, pods: [View<Pod>], _ family: IPFamily? = nil) {
        let family: IPFamily = family ?? service.mainFamily
        let selector: LabelMatch = service.podSelector
        let publishes: Bool = service.spec.publishNotReadyAddresses
        var groups: [Group] = []
        let matching: [View<Pod>] = pods.filter { pod in
            !pod.isFinished && !pod.status.podIP.isEmpty && selector.matches(pod.metadata.labels)
        }
        for pod in matching.sorted(by: { $0.name < $1.name }) {
            guard let address = pod.address(family) else { continue }
            let isServing: Bool = pod.isReady
            let backend = Backend(
                pod: pod, address: address, isReady: publishes || isServing && !pod.isTerminating,
                isServing: publishes || isServing,
                isTerminating: pod.isTerminating)
            let ports: [JSON] = Self.ports(service, pod)
            guard !ports.isEmpty || service.isHeadless else { continue }
            if let index = groups.firstIndex(where: { $0.ports == ports }) {
                groups[index].backends.append(backend)
            } else {
                groups.append(Group(ports: ports, backends: [backend]))
            }
        }
        self.groups = groups
        changedAt = matching.compactMap { $0.condition("Ready")?.lastTransitionTime }
            .reduce(service.metadata.creationTimestamp ?? .epoch) { max($0, $1) }
    }

    /// Of the annotation that says which change made endpoints be written, so that others can measure how long that took.
    static let trigger = "endpoints.kubernetes.io/last-change-trigger-time"

    /// Its value; nil when nothing new made this writing necessary. Source: `ComputeEndpointLastChangeTriggerTime` of k8s.io/endpointslice.
    ///
    /// - Parameter before: what it says so far.
    func triggerTime(after before: String?, now: Time) -> String? {
        // Times are whole seconds: what happened in this one is news although something else was told of it.
        if let before, let time = Time(before), changedAt <= time, now - changedAt > .seconds(1) { return nil }
        return changedAt.description
    }

    /// Leaves so many at most: those that are not ready go first, then each group gives its share. Returns whether some had to go.
    ///
    /// Source: `truncateEndpoints` of pkg/controller/endpoint.
    mutating func truncate(to most: Int) -> Bool {
        guard count > most else { return false }
        let ready: Int = groups.reduce(0) { $0 + $1.backends.count(where: \.isReady) }
        // Either all of the ready ones stay, or none of the others.
        let (room, candidates): (Int, Int) = ready > most ? (most, ready) : (most - ready, count - ready)
        var left: Int = room
        for index in groups.indices {
            let (good, bad) = (groups[index].backends.filter(\.isReady), groups[index].backends.filter { !$0.isReady })
            let own: [Backend] = ready > most ? good : bad
            let share: Int = min(left, (own.count * room + candidates - 1) / candidates)
            left -= share
            groups[index].backends = (ready > most ? [] : good) + own.prefix(share)
        }
        return true
    }

    private static func ports(_ service: View<Service>, _ pod: View<Pod>) -> [JSON] {
        service.spec.ports.compactMap { port in
            let target: IntOrString = port.targetPort == .int(0) ? .int(port.port) : port.targetPort
            guard let number = pod.port(target, protocol: port.protocol) else { return nil }
            var json: JSON = ["name": .string(port.name), "port": .int(Int64(number)), "protocol": .string(port.protocol)]
            if let app = port.json["appProtocol"] { json["appProtocol"] = app }
            return json
        }
    }
}

extension View<Pod> {
    /// nil for a pod that has none of the family.
    fileprivate func address(_ family: IPFamily) -> String? {
        let main: String = self.status.podIP
        return IPFamily(of: main) == family ? main : self.status.podIPs.lazy.map(\.ip).first { IPFamily(of: $0) == family }
    }
}

extension View<Service> {
    /// The pods behind it; nothing for a service whose endpoints somebody else keeps.
    var podSelector: LabelMatch {
        let selector: JSON = self.spec.json["selector"] ?? [:]
        return selector.isEmpty ? .nothing : View<LabelSelector>(["matchLabels": selector]).match
    }
}

extension ServiceBackends.Backend {
    /// `targetRef` of both kinds.
    var reference: JSON {
        [
            "kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.metadata.uid),
        ]
    }

    /// The name that the pod has in the service's domain.
    func hostname(in service: String) -> String? {
        let hostname: String = pod.spec.hostname
        return !hostname.isEmpty && pod.spec.subdomain == service ? hostname : nil
    }
}
