import API
import Client
import HTTP
import Machinery

/// The certificates that a pod's volumes ask for: for each a key, made here, and a PodCertificateRequest that its signer answers.
///
/// Given over from one gathering of files to the next. A new key is made when the signer says that the time has come; until its certificate
/// is there the old one stays. Source: pkg/kubelet/podcertificate.
struct PodCertificates: Sendable {
    /// What a certificate is asked for with.
    struct Wish: Sendable, Hashable {
        let signer: String
        let keyKind: String
        let seconds: Int
        let notes: [String: String]

        init(_ source: View<PodCertificateProjection>) {
            signer = source.signerName
            keyKind = source.keyType
            seconds = source.maxExpirationSeconds ?? 86_400
            notes = source.userAnnotations
        }
    }

    /// A key and its certificate, PEM.
    struct Issued: Sendable {
        let keyPEM: String
        let chain: String
        /// When a new one is asked for, or its answer looked for.
        var renewAt: Time
    }

    private struct Pending: Sendable {
        let key: ObjectKey
        let keyPEM: String
    }

    private var issued: [Wish: Issued] = [:]
    private var pending: [Wish: Pending] = [:]

    /// When ``certificate(for:of:_:now:)`` has something to do; nil for never.
    var renewAt: Time? { issued.values.map(\.renewAt).min() }

    /// The certificate for a wish. Throws ``ConfigError`` while there is none.
    mutating func certificate(for wish: Wish, of pod: View<Pod>, _ client: Client, now: Time) async throws -> Issued {
        if let found = issued[wish], now < found.renewAt { return found }
        do {
            return try await renewed(wish, of: pod, client)
        } catch {
            guard let old = issued[wish] else { throw error }
            issued[wish]?.renewAt = Time(seconds: now.seconds + 10)
            return old
        }
    }

    private mutating func renewed(_ wish: Wish, of pod: View<Pod>, _ client: Client) async throws -> Issued {
        guard let waiting = pending[wish] else {
            pending[wish] = try await ask(wish, of: pod, client)
            throw ConfigError("waiting for the signer \(wish.signer) to issue the pod's certificate")
        }
        guard let request = try await client.find(PodCertificateRequest.self, waiting.key) else {
            pending[wish] = nil
            throw ConfigError("PodCertificateRequest \(waiting.key.name) is gone before it was answered")
        }
        switch request.decision {
        case nil: throw ConfigError("waiting for the signer \(wish.signer) to answer PodCertificateRequest \(request.name)")
        case "Issued":
            pending[wish] = nil
            let answer = Issued(
                keyPEM: waiting.keyPEM, chain: request.status.certificateChain,
                renewAt: request.status.beginRefreshAt ?? request.status.notAfter ?? Time(seconds: 0))
            issued[wish] = answer
            return answer
        case let decision?:
            let condition: View<Condition>? = request.status.conditions.first
            // Another request is made with the next look.
            pending[wish] = nil
            throw ConfigError(
                "PodCertificateRequest \(request.name) was answered with \(decision): \(condition?.reason ?? "") \(condition?.message ?? "")"
            )
        }
    }

    private func ask(_ wish: Wish, of pod: View<Pod>, _ client: Client) async throws -> Pending {
        guard let key = try CertificateKey(kind: wish.keyKind) else {
            throw ConfigError(
                "this version makes no keys of type \(wish.keyKind): give RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519")
        }
        let account: String = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        guard let owner = try await client.find(ServiceAccount.self, ObjectKey(namespace: pod.namespace, name: account)),
            let node = try await client.find(Node.self, ObjectKey(namespace: "", name: pod.spec.nodeName))
        else { throw ConfigError("the service account \(account) or the node \(pod.spec.nodeName) is gone") }
        var request: View<PodCertificateRequest> = PodCertificateRequest.new("", namespace: pod.namespace) {
            $0.metadata.generateName = "req-"
            $0.metadata.ownerReferences = [
                View<OwnerReference>([
                    "apiVersion": "v1", "kind": "Pod", "name": .string(pod.name), "uid": .string(pod.metadata.uid),
                ])
            ]
            $0.spec.signerName = wish.signer
            $0.spec.podName = pod.name
            $0.spec.podUID = pod.metadata.uid
            $0.spec.serviceAccountName = account
            $0.spec.serviceAccountUID = owner.metadata.uid
            $0.spec.nodeName = node.name
            $0.spec.nodeUID = node.metadata.uid
            $0.spec.maxExpirationSeconds = wish.seconds
            $0.spec.unverifiedUserAnnotations = wish.notes
            $0.spec.stubPKCS10Request = Base64Text.encode(key.request)
        }
        request = try await client.create(request)
        return Pending(key: request.key, keyPEM: key.pem)
    }
}
