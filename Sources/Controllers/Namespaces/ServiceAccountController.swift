import API
import Client
import Machinery

/// Keeps a service account `default` in each namespace. Reads Namespaces and ServiceAccounts.
struct ServiceAccountController: ObjectController {
    static let name = "serviceaccount-controller"
    static let queueName = "serviceaccount"

    let context: ControllerContext
    private var accounts: Informer<ServiceAccount> { context.copy() }

    var others: [any ObjectCopy] { [accounts] }

    func watchOthers(_ queue: WorkQueue) {
        accounts.onChange { before, after in
            if after == nil, let account = before, account.name == "default" {
                queue.add(ObjectKey(namespace: "", name: account.namespace))
            }
        }
    }

    func reconcile(_ namespace: View<Namespace>) async throws -> Duration? {
        guard !namespace.isTerminating, accounts.get(ObjectKey(namespace: namespace.name, name: "default")) == nil else { return nil }
        try await context.createIfAbsent(ServiceAccount.new("default", namespace: namespace.name), notedIn: accounts)
        return nil
    }
}
