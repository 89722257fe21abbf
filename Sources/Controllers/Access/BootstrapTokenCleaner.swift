import API
import Client
import Machinery

/// Deletes bootstrap tokens that have run out: Secrets of type `bootstrap.kubernetes.io/token` in kube-system. Reads Secrets.
/// Source: pkg/controller/bootstrap/tokencleaner.go.
struct BootstrapTokenCleaner: ObjectController {
    static let name = "token-cleaner"
    static let queueName = "token_cleaner"

    let context: ControllerContext

    static func concerns(_ before: View<Secret>?, _ after: View<Secret>?) -> Bool { after.map(isToken) ?? false }

    func reconcile(_ secret: View<Secret>) async throws -> Duration? {
        guard !secret.isTerminating, let left = Self.timeLeft(secret, context.clock.time) else { return nil }
        guard left <= .zero else { return left }
        try await context.delete(secret)
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
