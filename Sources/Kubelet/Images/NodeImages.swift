import API
import Client
package import Images
import Machinery
import Sandbox
import Synchronization

/// The images of one node: its store, the catalogue of programs that stand for images, and what registries give.
final class NodeImages: Sendable {
    /// From which registries the node fetches by itself.
    let registries: Kubelet.Registries
    let store: ImageStore
    let catalogue: Informer<HostImage>
    /// Of the catalogue as it is, and how often that changed; nil after a change.
    private let index = Mutex<(changes: Int, made: HostImageIndex?)>((0, nil))
    private let client: Client
    private let puller: ImagePuller
    /// Pulls under way, by name and secrets: pods of one set share them.
    private let pulls = Mutex<[String: Task<StoredImage, any Error>]>([:])

    init(folder: String, registries: Kubelet.Registries, client: Client, catalogue: Informer<HostImage>) throws(ImageError) {
        self.registries = registries
        self.client = client
        self.catalogue = catalogue
        store = try ImageStore(folder: folder)
        puller = ImagePuller(store, platform: Platform(architecture: Host.architecture))
        catalogue.onChange { [weak self] _, _ in self?.index.withLock { $0 = ($0.changes + 1, nil) } }
    }

    /// The catalogue's entry for an image.
    func entry(for image: ImageReference) -> View<HostImage>? {
        let (changes, known) = index.withLock { $0 }
        if let known { return known.find(image) }
        let made = HostImageIndex(catalogue.list())
        index.withLock { index in if index.changes == changes { index.made = made } }
        return made.find(image)
    }

    /// An image of the store for a container. `keep` notes that the container uses it, before anybody can remove it.
    func stored(_ image: ImageReference, keep: (ResolvedImage) throws -> Void) throws -> ResolvedImage? {
        try store.withImage(image) { found in
            let made = ResolvedImage(found, try store.config(of: found), layers: store.layers(of: found))
            try keep(made)
            return made
        }
    }

    /// Fetches an image. Throws ``ImageError``.
    func pull(_ image: ImageReference, _ secrets: PullSecrets) async throws -> StoredImage {
        guard registries == .any || image.isOnLoopback else {
            throw ImageError.registry("this node fetches images from registries on this machine only")
        }
        let key: String = "\(image) \(secrets.names)"
        let task: Task<StoredImage, any Error> = pulls.withLock { pulls in
            if let running = pulls[key] { return running }
            let task = Task { [puller] in try await puller.pull(image, keyring: secrets.keyring) }
            pulls[key] = task
            return task
        }
        defer { pulls.withLock { pulls in if pulls[key] == task { pulls[key] = nil } } }
        return try await task.value
    }

    /// For the node's status: the 50 largest. Source: `Images` of pkg/kubelet/nodestatus.
    var largest: [View<ContainerImage>] {
        get throws(ImageError) {
            try store.images().sorted { ($0.size, $0.id.hex) > ($1.size, $1.id.hex) }.prefix(50).map { image in
                View<ContainerImage> {
                    $0.names = Array((image.digests + image.tags).prefix(5))
                    $0.sizeBytes = Int(image.size)
                }
            }
        }
    }

    /// The secrets that a pod names for its registries.
    func secrets(of pod: View<Pod>) async -> PullSecrets {
        var secrets = PullSecrets()
        for reference in pod.spec.imagePullSecrets where !reference.name.isEmpty {
            let key = ObjectKey(namespace: pod.namespace, name: reference.name)
            guard let secret = try? await client.find(Secret.self, key) else {
                secrets.missing.append(reference.name)
                continue
            }
            secrets.names.append("\(key)@\(secret.metadata.resourceVersion)")
            for name in [".dockerconfigjson", ".dockercfg"] {
                if let bytes = secret.data[name].flatMap({ Base64Text.decode($0) }) { secrets.keyring.add(bytes) }
            }
        }
        return secrets
    }
}

/// Who a pod is at registries.
struct PullSecrets: Sendable {
    var keyring = Keyring()
    /// With their revisions.
    var names: [String] = []
    /// Named by the pod, and not there.
    var missing: [String] = []
}

extension Kubelet {
    /// Where the kubelet fetches images from by itself.
    package enum Registries: Sendable { case any, loopback }

    /// Manifests of images that containers of this node's pods run from.
    package static func imagesInUse(stateFolder: String) -> Set<Digest> {
        var used: Set<Digest> = []
        let pods: String = stateFolder + "/pods"
        for pod in Files.names(in: pods) {
            for name in Files.names(in: "\(pods)/\(pod)/images") {
                guard let bytes = Files.read("\(pods)/\(pod)/images/\(name)"), let json = try? JSON(parsing: bytes) else { continue }
                if let digest = json["manifest"]?.string.flatMap({ Digest($0) }) { used.insert(digest) }
            }
        }
        return used
    }
}
