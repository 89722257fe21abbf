package import Machinery

/// A port of the node that a pod takes.
package struct HostPort: Hashable, Sendable {
    /// `0.0.0.0` for all addresses.
    package let address: String
    package let kind: String
    package let number: Int

    package init(address: String, kind: String, number: Int) {
        self.address = address.isEmpty ? "0.0.0.0" : address
        self.kind = kind
        self.number = number
    }

    /// True when both cannot be had on one node.
    package func collides(with other: HostPort) -> Bool {
        number == other.number && kind == other.kind
            && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
}

extension View<PodSpec> {
    /// Ports of the node that containers and sidecars take.
    package var hostPorts: [HostPort] {
        let all: [View<Container>] = self.containers + self.initContainers.filter { $0.isSidecar }
        return all.flatMap { container in
            container.ports.compactMap { port in
                port.hostPort > 0 ? HostPort(address: port.hostIP, kind: port.protocol, number: port.hostPort) : nil
            }
        }
    }
}
