import API
import Client
import Machinery

/// Keeps the ConfigMap `kube-root-ca.crt` in each namespace, by which pods know the API server. Reads Namespaces and ConfigMaps.
///
/// Source: pkg/controller/certificates/rootcacertpublisher.
struct RootCAPublisher: Controller {
    static let name = "root-ca-certificate-publisher-controller"
    static let queueName = "root_ca_cert_publisher"
    static let mapName = "kube-root-ca.crt"

    private let context: ControllerContext
    private let certificate: String
    private let namespaces: Informer<Namespace>
    private let maps: Informer<ConfigMap>

    init(_ context: ControllerContext, certificate: String) {
        self.context = context
        self.certificate = certificate
        namespaces = context.informers.informer()
        maps = context.informers.informer(name: Self.mapName)
    }

    func watch(_ queue: WorkQueue) {
        namespaces.onChange { _, after in if let after { queue.add(after.key) } }
        maps.onChange { before, after in
            if let map = after ?? before { queue.add(ObjectKey(namespace: "", name: map.namespace)) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await maps.caughtUp()
        guard let namespace = namespaces.get(key), !namespace.isTerminating else { return nil }
        switch Self.plan(maps.get(ObjectKey(namespace: key.name, name: Self.mapName)), namespace: key.name, certificate) {
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
