import API
import Client
import Machinery

/// Deletes bootstrap tokens that have run out: Secrets of type `bootstrap.kubernetes.io/token` in kube-system. Reads Secrets.
/// Source: pkg/controller/bootstrap/tokencleaner.go.
struct BootstrapTokenCleaner: Controller {
    static let name = "token-cleaner"
    static let queueName = "token_cleaner"

    private let context: ControllerContext
    private let secrets: Informer<Secret>

    init(_ context: ControllerContext) {
        self.context = context
        secrets = context.informers.informer()
    }

    func watch(_ queue: WorkQueue) {
        secrets.onChange { _, after in
            if let after, Self.isToken(after) { queue.add(after.key) }
        }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        guard let secret = secrets.get(key), !secret.isTerminating, let left = Self.timeLeft(secret, context.clock.time) else { return nil }
        guard left <= .zero else { return left }
        do {
            try await context.client.delete(Secret.self, key, uid: secret.metadata.uid)
        } catch let status as APIStatus where status.isNotFound || status.isConflict {}
        return nil
    }

    /// Pure: how long the token lives; nil for one without an end. An end that can't be read has come.
    static func timeLeft(_ secret: View<Secret>, _ now: Time) -> Duration? {
        guard let text = text(secret, "expiration") else { return nil }
        guard let end = Time(text) else { return .zero }
        return .seconds(max(0, end.seconds - now.seconds))
    }

    static func isToken(_ secret: View<Secret>) -> Bool {
        secret.namespace == "kube-system" && secret.type == "bootstrap.kubernetes.io/token"
    }

    /// A member of the token, as text; nil for one that is empty.
    static func text(_ secret: View<Secret>, _ name: String) -> String? {
        guard let encoded = secret.data[name], let bytes = Base64Text.decode(encoded), !bytes.isEmpty else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
