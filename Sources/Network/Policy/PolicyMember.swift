package import API
package import Machinery

/// A pod as network policies see it: an address with labels and named ports.
package struct PolicyMember: Sendable, Equatable {
    /// A port of a container by its name.
    package struct Port: Sendable, Hashable {
        package let name: String
        package let transport: PolicyPlan.Transport
        package let number: Int

        package init(name: String, transport: PolicyPlan.Transport, number: Int) {
            self.name = name
            self.transport = transport
            self.number = number
        }
    }

    package let namespace: String
    package let labels: [String: String]
    package let addresses: [String]
    package let ports: [Port]

    package init(namespace: String, labels: [String: String], addresses: [String], ports: [Port] = []) {
        self.namespace = namespace
        self.labels = labels
        self.addresses = addresses
        self.ports = ports
    }

    /// nil for a pod that policies are not about: without an address of its own, ended, or only simulated.
    package init?(_ pod: View<Pod>, isSimulated: (String) -> Bool) {
        guard !pod.spec.hostNetwork, !pod.isFinished, !isSimulated(pod.spec.nodeName) else { return nil }
        let all: [String] = pod.status.podIPs.map(\.ip)
        let addresses: [String] = (all.isEmpty ? [pod.status.podIP] : all).filter { IPAddress($0) != nil }
        guard !addresses.isEmpty else { return nil }
        namespace = pod.namespace
        labels = pod.metadata.labels
        self.addresses = addresses
        let sidecars: [View<Container>] = pod.spec.initContainers.filter { $0.isSidecar }
        ports = (pod.spec.containers + sidecars).flatMap(\.ports).compactMap { port in
            guard !port.name.isEmpty, let transport = PolicyPlan.Transport(rawValue: port.protocol.lowercased()) else { return nil }
            return Port(name: port.name, transport: transport, number: port.containerPort)
        }
    }
}
