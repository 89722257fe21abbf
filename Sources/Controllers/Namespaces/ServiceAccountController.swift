import API
import Client
import Machinery

/// Keeps a service account `default` in each namespace. Reads Namespaces and ServiceAccounts.
struct ServiceAccountController: Controller {
    static let name = "serviceaccount-controller"
    static let queueName = "serviceaccount"

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

extension ControllerContext {
    /// Makes an object unless it is there already, or its namespace is on its way out; the copy waits for it.
    func createIfAbsent<K: Kind>(_ object: View<K>, notedIn copy: Informer<K>) async throws {
        do {
            copy.note(try await client.create(object))
        } catch let status as APIStatus where status.isAlreadyExists || status.isNotFound || status.code == 403 {}
    }
}
