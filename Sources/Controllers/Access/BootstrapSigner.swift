import API
import Client
import Crypto
import Machinery

/// Signs the ConfigMap `cluster-info` in kube-public with each bootstrap token that is for that: who holds the token knows by it that the
/// cluster's address and certificate are right. Reads Secrets of kube-system and the ConfigMap.
///
/// Source: pkg/controller/bootstrap/bootstrapsigner.go.
struct BootstrapSigner: Controller {
    static let name = "bootstrap-signer-controller"
    static let queueName = "bootstrap_signer_queue"
    private static let map = ObjectKey(namespace: "kube-public", name: "cluster-info")
    private static let prefix = "jws-kubeconfig-"

    let context: ControllerContext
    private var secrets: Informer<Secret> { context.copy() }
    private var maps: Informer<ConfigMap> { context.copy(named: Self.map.name) }

    func watch(_ queue: WorkQueue) {
        secrets.onChange { before, after in
            guard let secret = after ?? before, BootstrapTokenCleaner.isToken(secret) else { return }
            queue.add(Self.map)
        }
        maps.onChange { _, after in if after?.key == Self.map { queue.add(Self.map) } }
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await secrets.caughtUp()
        await maps.caughtUp()
        guard var map = maps.get(key), !map.isTerminating else { return nil }
        let now: Time = context.clock.time
        let tokens: [View<Secret>] = secrets.list(namespace: "kube-system").filter {
            BootstrapTokenCleaner.isToken($0) && !$0.isTerminating
        }
        guard let data = Self.signed(map.data, by: tokens, now) else { return nil }
        map.data = data
        maps.note(try await context.client.update(map))
        return nil
    }

    /// Pure: the data with the signatures of just these tokens; nil when it has them.
    static func signed(_ data: [String: String], by tokens: [View<Secret>], _ now: Time) -> [String: String]? {
        guard let content = data["kubeconfig"] else { return nil }
        var wanted: [String: String] = data.filter { !$0.key.hasPrefix(prefix) }
        for token in tokens {
            guard BootstrapTokenCleaner.text(token, "usage-bootstrap-signing") == "true",
                let id = BootstrapTokenCleaner.text(token, "token-id"), let secret = BootstrapTokenCleaner.text(token, "token-secret"),
                token.name == "bootstrap-token-" + id, BootstrapTokenCleaner.timeLeft(token, now) ?? .seconds(1) > .zero
            else { continue }
            wanted[prefix + id] = signature(of: content, id: id, secret: secret)
        }
        return wanted == data ? nil : wanted
    }

    /// A JSON Web Signature without its content: whoever checks it has that already.
    static func signature(of content: String, id: String, secret: String) -> String {
        let header: String = urlText(Array(#"{"alg":"HS256","kid":"\#(id)"}"#.utf8))
        let text: String = header + "." + urlText(Array(content.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return header + ".." + urlText(Array(code))
    }

    /// Base 64 for addresses, without padding.
    private static func urlText(_ bytes: [UInt8]) -> String {
        String(
            Base64Text.encode(bytes).compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
