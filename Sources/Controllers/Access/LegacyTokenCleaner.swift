import API
import Client
import Machinery

/// Marks the tokens of Secrets as invalid that nobody has used for a year, and deletes them after another one.
///
/// Only Secrets that their ServiceAccount lists: such were once made for every account. Once a day. Reads Secrets, ServiceAccounts, Pods
/// and the ConfigMap of ``LegacyTokenTracking``. Source: pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go.
struct LegacyTokenCleaner: Controller {
    static let name = "legacy-serviceaccount-token-cleaner-controller"
    private static let period: Duration = .seconds(86_400)
    private static let patience: Duration = .seconds(365 * 86_400)

    let context: ControllerContext
    private var secrets: Informer<Secret> { context.copy() }
    private var accounts: Informer<ServiceAccount> { context.copy() }
    private var pods: Informer<Pod> { context.copy() }

    func watch(_ queue: WorkQueue) { queue.add(LegacyTokenTracking.mapKey) }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        let now: Time = context.clock.time
        guard let map = try await context.client.find(ConfigMap.self, key), let start = LegacyTokenTracking.start(map),
            now >= start + Self.patience
        else { return Self.period }
        for copy in [secrets, accounts, pods] as [any ObjectCopy] { await copy.caughtUp() }
        for secret in secrets.list() where secret.type == SecretType.serviceAccountToken {
            switch fate(of: secret, now) {
            case .stays: break
            case .becomesInvalid:
                let patch: JSON = [
                    "metadata": [
                        "uid": .string(secret.metadata.uid), "labels": [LegacyTokenLabel.invalidSince: .string(now.day)],
                    ]
                ]
                try await context.client.patchUnread(Secret.self, secret.key, patch)
            case .goes: try await context.delete(secret)
            }
        }
        return Self.period
    }

    private func fate(of secret: View<Secret>, _ now: Time) -> Fate {
        let name: String = secret.metadata.annotations[SecretType.serviceAccountName] ?? ""
        guard let account = accounts.get(ObjectKey(namespace: secret.namespace, name: name)) else { return .stays }
        return Self.fate(
            of: secret, account,
            isNeeded: { pods.list(namespace: secret.namespace).contains { PodReference.secrets(of: $0).contains(secret.name) } },
            now)
    }

    enum Fate { case stays, becomesInvalid, goes }

    /// Pure.
    ///
    /// - Parameter isNeeded: whether a pod names the Secret.
    static func fate(of secret: View<Secret>, _ account: View<ServiceAccount>, isNeeded: () -> Bool, _ now: Time) -> Fate {
        let before: Time = now - patience
        let uid: String = secret.metadata.annotations[ServiceAccountTokenPlan.uidAnnotation] ?? ""
        guard !secret.isTerminating, let created = secret.metadata.creationTimestamp, created < before,
            uid.isEmpty || uid == account.metadata.uid, account.secrets.contains(where: { $0.name == secret.name })
        else { return .stays }
        if let used = secret.metadata.labels[LegacyTokenLabel.lastUsed] {
            // What can't be read says nothing.
            guard Time(day: used) != nil, used < before.day else { return .stays }
        }
        guard !isNeeded() else { return .stays }
        guard let since = secret.metadata.labels[LegacyTokenLabel.invalidSince], Time(day: since) != nil else { return .becomesInvalid }
        return since < before.day ? .goes : .stays
    }
}
