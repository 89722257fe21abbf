import API
import Machinery
import Store

/// What a proxied request goes to, as its path names it: `web`, `web:80`, `https:web:443`.
struct ProxyAddress: Sendable, Equatable {
    /// `http` or `https`.
    let scheme: String
    let name: String
    /// A number, or the name of a port of a service; empty for the first one.
    let port: String

    /// nil for a text of another form. Source: `SplitSchemeNamePort` of k8s.io/apimachinery/pkg/util/net.
    init?(_ text: String) {
        let parts: [Substring] = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: (scheme, name, port) = ("http", String(parts[0]), "")
        case 2: (scheme, name, port) = ("http", String(parts[0]), String(parts[1]))
        case 3:
            guard ["", "http", "https"].contains(parts[0]) else { return nil }
            (scheme, name, port) = (parts[0].isEmpty ? "http" : String(parts[0]), String(parts[1]), String(parts[2]))
        default: return nil
        }
        if name.isEmpty { return nil }
    }
}

/// Where a proxied request goes in the end.
struct ProxyBackend: Sendable, Hashable {
    let isTLS: Bool
    let host: String
    let port: Int
    /// The pod that is there; nil for an address outside of the cluster's pods.
    let pod: PodID?
}

/// Finds the place that a request to a pod's or service's proxy is for.
///
/// Source: `ResourceLocation` of pkg/registry/core/pod and pkg/registry/core/service.
struct ProxyLookup: Sendable {
    let server: APIServer
    let namespace: String

    private var objects: Objects { Objects(store: server.store) }

    func pod(_ text: String, _ names: KindNames) throws(APIStatus) -> ProxyBackend {
        guard let address = ProxyAddress(text) else { throw .badRequest("invalid pod request \(JSON.quoted(text))") }
        let key = ObjectKey(namespace: namespace, name: address.name)
        guard let pod = objects.find(Pod.self, key) else { throw .notFound(names, address.name) }
        let first: Int? = pod.spec.containers.lazy.compactMap { $0.ports.first?.containerPort }.first
        guard !pod.status.podIP.isEmpty else { throw .badRequest("address not allowed") }
        let port: Int = Int(address.port) ?? (address.port.isEmpty ? first ?? (address.scheme == "https" ? 443 : 80) : 0)
        guard (1...65535).contains(port) else { throw .badRequest("invalid port \(JSON.quoted(address.port))") }
        return ProxyBackend(isTLS: address.scheme == "https", host: pod.status.podIP, port: port, pod: PodID(pod))
    }

    func service(_ text: String, _ names: KindNames) throws(APIStatus) -> ProxyBackend {
        guard let address = ProxyAddress(text) else { throw .badRequest("invalid service request \(JSON.quoted(text))") }
        guard let service = objects.find(Service.self, ObjectKey(namespace: namespace, name: address.name)) else {
            throw .notFound(names, address.name)
        }
        var portName: String? = address.port
        if address.port.isEmpty {
            portName = nil
        } else if let number = Int(address.port) {
            guard let found = service.spec.ports.first(where: { $0.port == number }) else {
                throw .unavailable("no service port \(number) found for service \(JSON.quoted(address.name))")
            }
            portName = found.name
        }
        var found: [ProxyBackend] = []
        let slices: [View<EndpointSlice>] = objects.list(EndpointSlice.self, namespace: namespace).filter {
            $0.metadata.labels["kubernetes.io/service-name"] == address.name && $0.addressType != "FQDN"
        }
        for slice in slices {
            guard let port = slice.ports.first(where: { portName == nil || ($0.name ?? "") == portName })?.port else { continue }
            for endpoint in slice.endpoints where endpoint.conditions.ready ?? true {
                guard let host = endpoint.addresses.first else { continue }
                found.append(
                    ProxyBackend(isTLS: address.scheme == "https", host: host, port: port, pod: pod(of: endpoint)))
            }
        }
        guard let chosen = found.randomElement() else {
            let hasAny: Bool = slices.contains { !$0.endpoints.isEmpty }
            throw .unavailable("no endpoints available for service \(JSON.quoted(hasAny ? text : address.name))")
        }
        return chosen
    }

    private func pod(of endpoint: View<Endpoint>) -> PodID? {
        guard let reference = endpoint.targetRef, reference.kind == "Pod" else { return nil }
        return objects.find(Pod.self, ObjectKey(namespace: namespace, name: reference.name)).map { PodID($0) }
    }
}

extension APIStatus {
    static func unavailable(_ message: String) -> APIStatus {
        APIStatus(code: 503, reason: "ServiceUnavailable", message: message)
    }
}
