package import API
package import Client
import HTTP
import Machinery
import Synchronization

/// The endpoints of Services as a proxy asks for them: looked up once, until the Service or its slices change, and given in turn.
package final class ProxyBackends: Sendable {
    /// How an object names a Service's port.
    package enum Port: Sendable, Hashable {
        case number(Int)
        case name(String)
        /// The one that looks like HTTP.
        case web
    }

    private struct Entry {
        let targets: [HTTPForwarder.Target]
        var turn = 0
    }

    private let services: Informer<Service>
    private let slices: ServiceSlices
    private let known = Mutex<[ObjectKey: [Port: Entry]]>([:])

    package init(slices: ServiceSlices, informers: Informers) {
        services = informers.informer()
        self.slices = slices
    }

    /// Forgets what changes, from now on. - Parameter changed: is told which Service it was.
    package func follow(_ changed: @escaping @Sendable (ObjectKey) -> Void = { _ in }) async {
        await services.caughtUp()
        await slices.caughtUp()
        services.onChange { [weak self] before, after in
            guard let key = (after ?? before)?.key else { return }
            self?.forget(key)
            changed(key)
        }
        slices.onChange { [weak self] in self?.forget($0) }
    }

    private func forget(_ key: ObjectKey) { known.withLock { $0[key] = nil } }

    package func exists(_ service: ObjectKey) -> Bool { services.get(service) != nil }

    /// Whether the Service has such a port.
    package func has(_ service: ObjectKey, _ port: Port) -> Bool { services.get(service).flatMap { Self.port($0, port) } != nil }

    /// What the Service says that a port speaks, where that is neither HTTP/1.1 nor left open. Source: KEP-3726, standard application
    /// protocols.
    package func foreignProtocol(_ service: ObjectKey, _ port: Port) -> String? {
        services.get(service).flatMap { Self.port($0, port)?.appProtocol }.flatMap {
            ["kubernetes.io/h2c", "grpc"].contains($0) ? $0 : nil
        }
    }

    /// The endpoint whose turn it is; nil when the Service has none.
    func next(_ service: ObjectKey, _ port: Port) -> HTTPForwarder.Target? {
        if let target = known.withLock({ Self.take(&$0, service, port) }) { return target }
        guard let entry = find(service, port) else { return nil }
        return known.withLock { known in
            known[service, default: [:]][port] = entry
            return Self.take(&known, service, port)
        }
    }

    /// How many there are.
    func count(_ service: ObjectKey, _ port: Port) -> Int { known.withLock { $0[service]?[port]?.targets.count ?? 0 } }

    private static func take(_ known: inout [ObjectKey: [Port: Entry]], _ service: ObjectKey, _ port: Port) -> HTTPForwarder.Target? {
        guard let entry = known[service]?[port], !entry.targets.isEmpty else { return nil }
        known[service]?[port]?.turn = (entry.turn + 1) % entry.targets.count
        return entry.targets[entry.turn % entry.targets.count]
    }

    private func find(_ key: ObjectKey, _ port: Port) -> Entry? {
        guard let service = services.get(key), let found = Self.port(service, port) else { return nil }
        let isSecure: Bool = found.appProtocol == "https" || found.name == "https" || found.appProtocol == nil && found.port == 443
        let places: [ServiceRoute.Place] = ServiceRoute.endpoints(of: found, service, slices: slices.of(key))
        return Entry(targets: places.map { HTTPForwarder.Target(host: $0.address, port: $0.port, isSecure: isSecure) })
    }

    private static func port(_ service: View<Service>, _ port: Port) -> View<ServicePort>? {
        let ports: [View<ServicePort>] = service.spec.ports.filter { $0.protocol == "TCP" }
        switch port {
        case .number(let number): return ports.first { $0.port == number }
        case .name(let name): return ports.first { $0.name == name }
        case .web:
            return ports.first { $0.appProtocol == "http" } ?? ports.first { $0.name == "http" } ?? ports.first { $0.port == 80 }
                ?? ports.first { $0.name.hasPrefix("http") || $0.appProtocol?.hasPrefix("http") == true } ?? ports.first
        }
    }
}
