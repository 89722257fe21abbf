import API
import Client
import Crypto
import Machinery

/// Keeps the ClusterTrustBundle of the signer `kubernetes.io/kube-apiserver-serving`: the authority that signs the API server's certificate.
/// Reads ClusterTrustBundles and deletes others of the signer.
///
/// Source: pkg/controller/certificates/clustertrustbundlepublisher.
struct TrustBundlePublisher: Controller {
    static let name = "kube-apiserver-serving-clustertrustbundle-publisher-controller"
    static let signer = "kubernetes.io/kube-apiserver-serving"

    let context: ControllerContext
    let certificate: String
    private var bundles: Informer<ClusterTrustBundle> { context.copy() }

    func watch(_ queue: WorkQueue) {
        let key = ObjectKey(namespace: "", name: Self.bundle(certificate).name)
        bundles.onChange { before, after in
            if (after ?? before)?.spec.signerName == Self.signer { queue.add(key) }
        }
        queue.add(key)
    }

    func reconcile(_ key: ObjectKey) async throws -> Duration? {
        await bundles.caughtUp()
        let wanted: View<ClusterTrustBundle> = Self.bundle(certificate)
        if var found = bundles.get(key) {
            if found.spec.trustBundle != wanted.spec.trustBundle {
                found.spec = wanted.spec
                bundles.note(try await context.client.update(found))
            }
        } else {
            try await context.createIfAbsent(wanted, notedIn: bundles)
        }
        for bundle in bundles.list() where bundle.spec.signerName == Self.signer && bundle.name != wanted.name {
            try await context.delete(bundle)
        }
        return nil
    }

    /// The bundle is named for what it holds, so that a new authority comes under a new name.
    static func bundle(_ certificate: String) -> View<ClusterTrustBundle> {
        let digits: [String] = SHA256.hash(data: Array(certificate.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return ClusterTrustBundle.new("kubernetes.io:kube-apiserver-serving:" + digits.joined()) {
            $0.spec.signerName = signer
            $0.spec.trustBundle = certificate
        }
    }
}
