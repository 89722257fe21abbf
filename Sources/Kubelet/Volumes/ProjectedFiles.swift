import API
import Client
import Machinery

/// Gathers the files of volumes that come from the API: ConfigMaps, Secrets, fields of the pod, tokens.
struct ProjectedFiles: Sendable {
    let client: Client
    let fields: PodFields
    /// The one user of the pod; nil for none.
    let user: UInt32?
    /// Bits that files get beside their mode, for the group of the pod's volumes.
    let groupBits: UInt32
    let now: ClusterClock.Instant

    private(set) var files: [String: VolumeFiles.File] = [:]
    /// Tokens by what was asked for; given over from one gathering to the next.
    private(set) var tokens: [TokenWish: Token]
    /// As the tokens.
    private(set) var certificates: PodCertificates

    /// What a token is for.
    struct TokenWish: Sendable, Hashable {
        let audience: String
        let seconds: Int
    }

    struct Token: Sendable {
        let bytes: [UInt8]
        let renewAt: ClusterClock.Instant
    }

    init(
        client: Client, fields: PodFields, user: UInt32?, groupBits: UInt32, tokens: [TokenWish: Token], certificates: PodCertificates,
        now: ClusterClock.Instant
    ) {
        self.client = client
        self.tokens = tokens
        self.certificates = certificates
        self.fields = fields
        self.user = user
        self.groupBits = groupBits
        self.now = now
    }

    private var namespace: String { fields.pod.namespace }

    mutating func add(_ source: View<ConfigMapVolumeSource>) async throws {
        try await addConfigMap(source.name, source.items, source.optional ?? false, mode: source.defaultMode ?? 0o644)
    }

    mutating func add(_ source: View<SecretVolumeSource>) async throws {
        try await addSecret(source.secretName, source.items, source.optional ?? false, mode: source.defaultMode ?? 0o644)
    }

    mutating func add(_ source: View<DownwardAPIVolumeSource>) throws {
        try addFields(source.items, mode: source.defaultMode ?? 0o644)
    }

    mutating func add(_ volume: View<ProjectedVolumeSource>) async throws {
        let mode: Int = volume.defaultMode ?? 0o644
        for source in volume.sources {
            if let map: View<ConfigMapProjection> = source.configMap {
                try await addConfigMap(map.name, map.items, map.optional ?? false, mode: mode)
            } else if let secret: View<SecretProjection> = source.secret {
                try await addSecret(secret.name, secret.items, secret.optional ?? false, mode: mode)
            } else if let downward: View<DownwardAPIProjection> = source.downwardAPI {
                try addFields(downward.items, mode: mode)
            } else if let token: View<ServiceAccountTokenProjection> = source.serviceAccountToken {
                try await addToken(token, mode: mode)
            } else if let bundle: View<ClusterTrustBundleProjection> = source.clusterTrustBundle {
                try await addBundle(bundle, mode: mode)
            } else if let certificate: View<PodCertificateProjection> = source.podCertificate {
                try await addCertificate(certificate, mode: mode)
            } else {
                let kind: String = source.json.object?.keys.first ?? "nothing"
                throw ConfigError("this version cannot project \(kind) into a volume")
            }
        }
    }

    // MARK: - Sources

    private mutating func addConfigMap(_ name: String, _ items: [View<KeyToPath>], _ optional: Bool, mode: Int) async throws {
        guard let map = try await client.find(ConfigMap.self, ObjectKey(namespace: namespace, name: name)) else {
            if optional { return }
            throw ConfigError("configmap \"\(name)\" not found")
        }
        var data: [String: [UInt8]] = map.data.mapValues { Array($0.utf8) }
        for (key, value) in map.binaryData { data[key] = Base64Text.decode(value) ?? [] }
        try add(data, items, optional, mode, missing: "configmap references non-existent config key")
    }

    private mutating func addSecret(_ name: String, _ items: [View<KeyToPath>], _ optional: Bool, mode: Int) async throws {
        guard let secret = try await client.find(Secret.self, ObjectKey(namespace: namespace, name: name)) else {
            if optional { return }
            throw ConfigError("secret \"\(name)\" not found")
        }
        let data: [String: [UInt8]] = secret.data.mapValues { Base64Text.decode($0) ?? [] }
        try add(data, items, optional, mode, missing: "references non-existent secret key")
    }

    private mutating func add(
        _ data: [String: [UInt8]], _ items: [View<KeyToPath>], _ optional: Bool, _ mode: Int, missing: String
    ) throws(ConfigError) {
        guard !items.isEmpty else {
            for (key, bytes) in data { put(key, bytes, mode) }
            return
        }
        for item in items {
            guard let bytes = data[item.key] else {
                if optional { continue }
                throw ConfigError("\(missing): \(item.key)")
            }
            put(item.path, bytes, item.mode ?? mode)
        }
    }

    private mutating func addFields(_ items: [View<DownwardAPIVolumeFile>], mode: Int) throws(ConfigError) {
        for item in items {
            let text: String?
            if let reference: View<ObjectFieldSelector> = item.fieldRef {
                text = fields.value(of: reference.fieldPath)
            } else if let reference: View<ResourceFieldSelector> = item.resourceFieldRef {
                text = fields.value(of: reference, container: nil)
            } else {
                text = nil
            }
            guard let text else { throw ConfigError("the file \(item.path) refers to a field or resource that this pod does not have") }
            put(item.path, Array(text.utf8), item.mode ?? mode)
        }
    }

    /// A token that lives as long as the pod at most, renewed when four fifths of its time are over, and once a day. It is the one user's,
    /// or the group's, where the pod has one, and nobody else's. Source: pkg/volume/projected.
    private mutating func addToken(_ source: View<ServiceAccountTokenProjection>, mode: Int) async throws {
        let mode: Int = user == nil && groupBits == 0 ? mode : 0o600
        let wish = TokenWish(audience: source.audience, seconds: source.expirationSeconds ?? 3600)
        if let token = tokens[wish], now < token.renewAt { return put(source.path, token.bytes, mode, user) }
        let answer: View<TokenRequest> = try await request(wish)
        let ends: ClusterClock.Instant =
            answer.status.expirationTimestamp.map { ClusterClock.Instant($0) } ?? now.advanced(by: .seconds(wish.seconds))
        let life: Duration = now.duration(to: ends)
        let token = Token(bytes: Array(answer.status.token.utf8), renewAt: now.advanced(by: min(life * 4 / 5, .seconds(24 * 3600))))
        tokens[wish] = token
        put(source.path, token.bytes, mode, user)
    }

    private func request(_ wish: TokenWish) async throws -> View<TokenRequest> {
        let pod: View<Pod> = fields.pod
        var spec: JSON = [
            "expirationSeconds": .int(Int64(wish.seconds)),
            "boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": .string(pod.name), "uid": .string(pod.metadata.uid)],
        ]
        if !wish.audience.isEmpty { spec["audiences"] = [.string(wish.audience)] }
        let body: JSON = ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec]
        let account: String = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        let request = APIRequest(
            .create, ServiceAccount.names.resource, namespace: namespace, name: account, subresource: "token", body: body.serialized())
        return View<TokenRequest>(try await client.send(request))
    }

    /// The authorities of one bundle, or of a signer's bundles that a selector meets: each once, in the order of their bytes.
    /// Source: pkg/kubelet/clustertrustbundle.
    private mutating func addBundle(_ source: View<ClusterTrustBundleProjection>, mode: Int) async throws {
        var bundles: [View<ClusterTrustBundle>] = []
        if let name: String = source.name {
            if let found = try await client.find(ClusterTrustBundle.self, ObjectKey(namespace: "", name: name)) { bundles = [found] }
            guard !bundles.isEmpty || source.optional == true else {
                throw ConfigError("clustertrustbundle \(JSON.quoted(name)) not found")
            }
        } else if let signer: String = source.signerName {
            bundles = try await client.list(ClusterTrustBundle.self).items.filter {
                $0.spec.signerName == signer && source.labelSelector?.matches($0.metadata.labels) == true
            }
            guard !bundles.isEmpty || source.optional == true else {
                throw ConfigError("combination of signerName and labelSelector matched zero ClusterTrustBundles")
            }
        }
        let anchors: Set<[UInt8]> = Set(bundles.flatMap { CertificatePEM.blocks($0.spec.trustBundle).compactMap(\.der) })
        let texts: [String] = anchors.sorted { $0.lexicographicallyPrecedes($1) }.map { CertificatePEM.text("CERTIFICATE", $0) }
        put(source.path, Array(texts.joined().utf8), mode)
    }

    private mutating func addCertificate(_ source: View<PodCertificateProjection>, mode: Int) async throws {
        let issued: PodCertificates.Issued = try await certificates.certificate(
            for: PodCertificates.Wish(source), of: fields.pod, client, now: now.time)
        let mode: Int = user == nil && groupBits == 0 ? mode : 0o600
        for (path, text) in [
            (source.credentialBundlePath, issued.keyPEM + issued.chain), (source.keyPath, issued.keyPEM),
            (source.certificateChainPath, issued.chain),
        ] where !path.isEmpty {
            put(path, Array(text.utf8), mode, user)
        }
    }

    private mutating func put(_ path: String, _ bytes: [UInt8], _ mode: Int, _ user: UInt32? = nil) {
        files[path] = VolumeFiles.File(bytes: bytes, mode: UInt32(mode) | groupBits, user: user)
    }
}
