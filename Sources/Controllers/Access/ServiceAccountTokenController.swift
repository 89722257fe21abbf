import API
import Client
import Machinery

/// Makes the token of a service account for a Secret that asks for one, as before tokens were requested.
package typealias LegacyTokenMaker =
    @Sendable (_ namespace: String, _ account: String, _ uid: String, _ secret: String) throws -> String

/// Fills Secrets of type kubernetes.io/service-account-token with token, certificate and namespace, and deletes them with their
/// service account. Reads Secrets and ServiceAccounts.
struct ServiceAccountTokenController: ObjectController {
    static let name = "serviceaccount-token-controller"
    static let queueName = "serviceaccount_tokens_secret"

    let context: ControllerContext
    let certificate: String
    let makeToken: LegacyTokenMaker

    static func concerns(_ before: View<Secret>?, _ after: View<Secret>?) -> Bool { after?.type == SecretType.serviceAccountToken }

    func watchOthers(_ queue: WorkQueue) {
        context.copy(ServiceAccount.self).onChange { [objects] before, after in
            guard before == nil || after == nil, let account = after ?? before else { return }
            for secret in objects.list(namespace: account.namespace)
            where secret.type == SecretType.serviceAccountToken && Self.account(of: secret) == account.name {
                queue.add(secret.key)
            }
        }
    }

    private static func account(of secret: View<Secret>) -> String {
        secret.metadata.annotations[SecretType.serviceAccountName] ?? ""
    }

    func reconcile(_ secret: View<Secret>) async throws -> Duration? {
        let key: ObjectKey = secret.key
        // Before a Secret is deleted the API is asked, never the copy alone.
        let account: View<ServiceAccount>? = try await context.client.find(
            ServiceAccount.self, ObjectKey(namespace: key.namespace, name: Self.account(of: secret)))
        switch ServiceAccountTokenPlan.plan(secret, account, certificate: certificate) {
        case .nothing: break
        case .delete: try await context.client.delete(Secret.self, key, uid: secret.metadata.uid)
        case .fill:
            guard let account else { return nil }
            let filled: View<Secret> = try ServiceAccountTokenPlan.filled(secret, account, certificate: certificate) {
                try makeToken(key.namespace, account.name, account.metadata.uid, key.name)
            }
            objects.note(try await context.client.update(filled))
        }
        return nil
    }
}
