import API
import Machinery
import Store

/// Finds an address behind a Service, as the API server itself must do that calls a webhook in the cluster.
///
/// Source: `ResolveEndpoint` of k8s.io/apiserver/pkg/util/proxy.
struct ServiceResolver: Sendable {
    let store: any Store

    /// One of the addresses that are ready, at random. Throws ``WebhookFailure`` with upstream's texts.
    func endpoint(namespace: String, name: String, port: Int) throws(WebhookFailure) -> (host: String, port: Int) {
        let objects = Objects(store: store)
        guard let service = objects.find(Service.self, ObjectKey(namespace: namespace, name: name)) else {
            throw WebhookFailure("service \"\(name)\" not found")
        }
        guard let servicePort = service.spec.ports.first(where: { $0.port == port }) else {
            throw WebhookFailure("no service port \(port) found for service \"\(name)\"")
        }
        var found: [(String, Int)] = []
        for slice in slices(namespace: namespace, name: name) where slice.addressType != "FQDN" {
            guard let number = slice.ports.first(where: { $0.name ?? "" == servicePort.name })?.port else { continue }
            for endpoint in slice.endpoints where endpoint.conditions.ready ?? true {
                if let address = endpoint.addresses.first { found.append((address, number)) }
            }
        }
        guard let chosen = found.randomElement() else {
            throw WebhookFailure("no endpoints available for service \"\(name)\"")
        }
        return chosen
    }

    private func slices(namespace: String, name: String) -> [View<EndpointSlice>] {
        let prefix: String = ObjectKeys.prefix(EndpointSlice.names, namespace: namespace)
        let entries: [Entry] = (try? store.list(prefix: prefix).entries) ?? []
        return entries.compactMap { entry in
            guard (entry.index as? ObjectIndex)?.labels["kubernetes.io/service-name"] == name else { return nil }
            return (try? JSON(parsing: entry.value)).map { View<EndpointSlice>($0) }
        }
    }
}
