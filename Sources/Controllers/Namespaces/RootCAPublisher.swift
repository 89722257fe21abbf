import API
import Client
import Machinery

/// Keeps the ConfigMap `kube-root-ca.crt` in each namespace, by which pods know the API server. Reads Namespaces and ConfigMaps.
///
/// Source: pkg/controller/certificates/rootcacertpublisher.
struct RootCAPublisher: ObjectController {
    static let name = "root-ca-certificate-publisher-controller"
    static let queueName = "root_ca_cert_publisher"
    static let mapName = "kube-root-ca.crt"

    let context: ControllerContext
    let certificate: String
    private var maps: Informer<ConfigMap> { context.copy(named: Self.mapName) }
    var others: [any ObjectCopy] { [maps] }

    func watchOthers(_ queue: WorkQueue) {
        maps.onChange { before, after in
            if let map = after ?? before { queue.add(ObjectKey(namespace: "", name: map.namespace)) }
        }
    }

    func reconcile(_ namespace: View<Namespace>) async throws -> Duration? {
        guard !namespace.isTerminating else { return nil }
        let map: View<ConfigMap>? = maps.get(ObjectKey(namespace: namespace.name, name: Self.mapName))
        switch Self.plan(map, namespace: namespace.name, certificate) {
        case .none: break
        case .create(let map): try await context.createIfAbsent(map, notedIn: maps)
        case .update(let map): maps.note(try await context.client.update(map))
        }
        return nil
    }

    /// What must happen to the map of one namespace.
    enum Plan: Equatable {
        case none
        case create(View<ConfigMap>)
        case update(View<ConfigMap>)
    }

    /// - Parameter found: the map as it is; nil where there is none.
    ///
    /// The map holds the certificate and nothing else. A description that somebody wrote stays.
    static func plan(_ found: View<ConfigMap>?, namespace: String, _ certificate: String) -> Plan {
        let data: [String: String] = ["ca.crt": certificate]
        guard var map = found else {
            return .create(
                ConfigMap.new(mapName, namespace: namespace) {
                    $0.metadata.annotations = [descriptionKey: description]
                    $0.data = data
                })
        }
        let isDescribed: Bool = map.metadata.annotations[descriptionKey]?.isEmpty == false
        guard map.data != data || !isDescribed else { return .none }
        map.data = data
        if !isDescribed { map.metadata.annotations[descriptionKey] = description }
        return .update(map)
    }

    private static let descriptionKey = "kubernetes.io/description"
    private static let description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service "
        + "IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
}
