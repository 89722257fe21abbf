import API
import Client
import Machinery

/// Keeps a service account `default` in each namespace. Reads Namespaces and ServiceAccounts.
struct ServiceAccountController: Controller {
    static let name = "serviceaccount-controller"

    private let context: ControllerContext
    private let namespaces: Informer<Namespace>
    private let accounts: Informer<ServiceAccount>

    init(_ context: ControllerContext) {
        self.context = context
        namespaces = context.informers.informer()
        accounts = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        namespaces.onChange { _, after in if let after { queue.add(after.key) } }
        accounts.onChange { before, after in
            if after == nil, let account = before, account.name == "default" {
                queue.add(ObjectKey(namespace: "", name: account.namespace))
            }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await accounts.caughtUp()
        guard let namespace = namespaces.get(key), !namespace.isTerminating,
            accounts.get(ObjectKey(namespace: key.name, name: "default")) == nil
        else { return nil }
        try await context.createIfAbsent(ServiceAccount.new("default", namespace: key.name), notedIn: accounts)
        return nil
    }
}

/// Keeps the ConfigMap `kube-root-ca.crt` in each namespace, by which pods know the API server. Reads Namespaces and ConfigMaps.
struct RootCAPublisher: Controller {
    static let name = "root-ca-certificate-publisher-controller"
    private static let mapName = "kube-root-ca.crt"

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
        let mapKey = ObjectKey(namespace: key.name, name: Self.mapName)
        guard var map = maps.get(mapKey) else {
            try await context.createIfAbsent(
                ConfigMap.new(Self.mapName, namespace: key.name) {
                    $0.metadata.annotations = [
                        "kubernetes.io/description":
                            "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
                            + "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
                            + "Kubernetes clusters."
                    ]
                    $0.data = ["ca.crt": certificate]
                }, notedIn: maps)
            return nil
        }
        guard map.data != ["ca.crt": certificate] else { return nil }
        map.data = ["ca.crt": certificate]
        maps.note(try await context.client.update(map))
        return nil
    }
}

extension ControllerContext {
    /// Makes an object unless it is there already, or its namespace is on its way out; the copy waits for it.
    func createIfAbsent<K: Kind>(_ object: View<K>, notedIn copy: Informer<K>) async throws {
        do {
            copy.note(try await client.create(object))
        } catch let status as APIStatus where status.isAlreadyExists || status.isNotFound || status.code == 403 {}
    }
}
