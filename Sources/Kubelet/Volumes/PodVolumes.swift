import API
import Client
import Images
import Machinery
import Sandbox

/// The volumes of one pod on this node: makes them, keeps those that come from the API true, says what a container mounts.
///
/// A value of the pod's worker. Source of the rules: the pages on volumes of the Kubernetes documentation.
struct PodVolumes: Sendable {
    private struct Volume: Sendable {
        let path: String
        let isReadOnly: Bool
        /// Files from the API, which are kept true.
        var isFromAPI = false
        /// Whether the folder can be reached from the node; memory is seen by the pod only.
        let isOnNode: Bool
        /// Layers of an image instead of a path, the highest first.
        var layers: [String] = []
        /// What an image is called.
        var reference: String?
        /// The claim whose storage it is.
        var claim: String?
    }

    /// Storage of a claim that is mounted.
    struct Claimed: Sendable, Equatable {
        let volume: String
        let claim: String
        /// On the node.
        let path: String
    }

    /// An image has to be fetched before its volume can be mounted.
    private struct ImageMissing: Error {}

    private let client: Client
    private let images: NodeImages
    private let folders: PodFolders
    private let network: ClusterNetwork
    private var ready: [String: Volume] = [:]
    private var fetched: Set<String> = []
    private var tokens: [ProjectedFiles.TokenWish: ProjectedFiles.Token] = [:]
    private var certificates = PodCertificates()

    init(client: Client, images: NodeImages, folders: PodFolders, network: ClusterNetwork) {
        self.network = network
        self.client = client
        self.images = images
        self.folders = folders
    }

    /// When ``refresh(_:fields:now:)`` has to be called although nothing changed; nil for never.
    var renewAt: ClusterClock.Instant? {
        (tokens.values.map(\.renewAt) + [certificates.renewAt.map { ClusterClock.Instant($0) }].compactMap { $0 }).min()
    }

    /// Makes each volume that is not there yet. Throws the first ``VolumeError``.
    mutating func prepare(_ pod: View<Pod>, _ sandbox: Sandbox, fields: PodFields, now: ClusterClock.Instant) async throws(VolumeError) {
        for volume in pod.spec.volumes where ready[volume.name] == nil {
            do {
                ready[volume.name] = try await make(volume, pod, sandbox, fields, now)
            } catch is ImageMissing {
                throw VolumeError(volume: volume.name, reason: "its image is not there yet", image: volume.image?.reference)
            } catch {
                throw VolumeError(volume: volume.name, reason: "\(error)")
            }
        }
    }

    /// Makes those whose files come from the API, as far as that goes now.
    mutating func prepareFiles(_ pod: View<Pod>, fields: PodFields, now: ClusterClock.Instant) async {
        for volume in pod.spec.volumes where ready[volume.name] == nil {
            guard (try? await makeFiles(volume, pod, fields, now)) == true else { continue }
            ready[volume.name] = fromAPI(volume)
        }
    }

    private func fromAPI(_ volume: View<API.Volume>) -> Volume {
        Volume(path: folders.volume(volume.name), isReadOnly: true, isFromAPI: true, isOnNode: true)
    }

    /// An image was fetched just now: it is not asked for again.
    mutating func fetched(_ volume: String) { fetched.insert(volume) }

    /// What mounted images are called, by volume.
    var imageReferences: [String: String] { ready.compactMapValues(\.reference) }

    /// In the order of their names.
    var claims: [Claimed] {
        ready.compactMap { name, volume in volume.claim.map { Claimed(volume: name, claim: $0, path: volume.path) } }
            .sorted { $0.volume < $1.volume }
    }

    /// Brings files from the API up to date. Returns the problems of volumes that stayed as they were.
    mutating func refresh(_ pod: View<Pod>, fields: PodFields, now: ClusterClock.Instant) async -> [VolumeError] {
        var problems: [VolumeError] = []
        for volume in pod.spec.volumes where ready[volume.name]?.isFromAPI == true {
            do {
                _ = try await makeFiles(volume, pod, fields, now)
            } catch {
                problems.append(VolumeError(volume: volume.name, reason: "\(error)"))
            }
        }
        return problems
    }

    /// Takes note of the volumes in memory that a living sandbox has from before; all others are made anew without harm.
    mutating func adopt(_ pod: View<Pod>) {
        for volume in pod.spec.volumes where volume.emptyDir?.medium == "Memory" {
            let path: String = folders.volume(volume.name)
            if Files.kind(path) == .folder { ready[volume.name] = Volume(path: path, isReadOnly: false, isOnNode: false) }
        }
    }

    /// Forgets what lives in the sandbox, which is gone; the disk's folders stay.
    mutating func forgetMemory() { ready = ready.filter { $0.value.isOnNode } }

    /// What a container mounts. Throws ``ConfigError``.
    func mounts(_ container: View<Container>, variables: Variables) throws -> [Mount] {
        try container.volumeMounts.map { mount in
            guard let volume = ready[mount.name] else {
                throw ConfigError("volume \"\(mount.name)\" of the mount at \(mount.mountPath) is not there")
            }
            var subPath: String = mount.subPath
            if !mount.subPathExpr.isEmpty {
                subPath = VariableExpansion.expand(mount.subPathExpr) { variables[$0] }
                let isBad: Bool = subPath.hasPrefix("/") || subPath.split(separator: "/").contains("..")
                if isBad || subPath.isEmpty {
                    throw ConfigError("subPathExpr \"\(mount.subPathExpr)\" became \"\(subPath)\", which is no path within the volume")
                }
            }
            let source: Mount.Source
            if !volume.layers.isEmpty {
                source = .layers(volume.layers, path: subPath)
            } else if subPath.isEmpty {
                source = .host(path: volume.path)
            } else {
                if volume.isOnNode, !volume.isReadOnly { try SubPath.make(subPath, below: volume.path) }
                source = .below(folder: volume.path, path: subPath)
            }
            let propagation: Mount.Propagation
            switch mount.mountPropagation {
            case "HostToContainer": propagation = .hostToContainer
            case "Bidirectional": propagation = .bidirectional
            default: propagation = .none
            }
            return Mount(source, at: mount.mountPath, isReadOnly: mount.readOnly || volume.isReadOnly, propagation: propagation)
        }
    }

    // MARK: - Kinds of volumes

    private mutating func make(
        _ volume: View<API.Volume>, _ pod: View<Pod>, _ sandbox: Sandbox, _ fields: PodFields, _ now: ClusterClock.Instant
    ) async throws -> Volume {
        let path: String = folders.volume(volume.name)
        if let source: View<EmptyDirVolumeSource> = volume.emptyDir {
            return try await makeEmpty(source, path, sandbox, pod)
        }
        if let source: View<HostPathVolumeSource> = volume.hostPath {
            let path: String = HostPath.onNode(source.path, logs: folders.nodeLogs)
            try HostPath.check(path, type: source.type ?? "")
            return Volume(path: path, isReadOnly: false, isOnNode: true)
        }
        if let claim: View<PersistentVolumeClaimVolumeSource> = volume.persistentVolumeClaim {
            return try await mount(claim.claimName, readOnly: claim.readOnly, pod, sandbox)
        }
        if let image: View<ImageVolumeSource> = volume.image {
            return try mount(image, as: volume.name)
        }
        if volume.ephemeral != nil {
            return try await mount("\(pod.name)-\(volume.name)", readOnly: false, isEphemeral: true, pod, sandbox)
        }
        if try await makeFiles(volume, pod, fields, now) { return fromAPI(volume) }
        let kind: String = volume.sources.first ?? "nothing"
        throw ConfigError(
            "this version cannot mount volumes of type \(kind); it knows emptyDir, hostPath, configMap, secret, downwardAPI, projected, "
                + "persistentVolumeClaim, ephemeral and image")
    }

    /// Source: the page on image volumes of the Kubernetes documentation.
    private func mount(_ source: View<ImageVolumeSource>, as name: String) throws -> Volume {
        let reference = try ImageReference(source.reference)
        let stored: StoredImage? = try images.store.find(reference)
        let mustPull: Bool = source.pullPolicy == "Always" && stored?.origin != .loaded && !fetched.contains(name)
        let found: ResolvedImage? =
            mustPull
            ? nil
            : try images.stored(reference) {
                try Files.makeFolder(folders.images)
                try Files.write($0.json.serialized(), to: folders.image(ofVolume: name), mode: 0o600)
            }
        guard let found else {
            if source.pullPolicy == "Never" {
                throw ConfigError("Container image \"\(source.reference)\" is not present with pull policy of Never")
            }
            throw ImageMissing()
        }
        return Volume(path: "", isReadOnly: true, isOnNode: true, layers: found.layers, reference: found.reference)
    }

    /// A local volume belongs to the group of the pod that uses it; what the node's users share does not.
    private func mount(
        _ name: String, readOnly: Bool, isEphemeral: Bool = false, _ pod: View<Pod>, _ sandbox: Sandbox
    ) async throws -> Volume {
        let claim = try await ClaimVolume(
            name, readOnly: readOnly, ephemeralOf: isEphemeral ? pod : nil, namespace: pod.namespace, client)
        if claim.isOwn, !claim.isReadOnly, let group = group(of: pod) {
            let always: Bool = pod.spec.securityContext?.fsGroupChangePolicy != "OnRootMismatch"
            let result: Result<Void, any Error> = await BlockingThread.run { [network] in
                Result { try VolumeOwner(group: group, network: network).own(claim.path, always: always) }
            }
            try result.get()
        }
        return Volume(path: claim.path, isReadOnly: claim.isReadOnly, isOnNode: true, claim: name)
    }

    private func makeEmpty(
        _ source: View<EmptyDirVolumeSource>, _ path: String, _ sandbox: Sandbox, _ pod: View<Pod>
    ) async throws -> Volume {
        let group: UInt32? = group(of: pod)
        try Files.makeFolder(path, mode: 0o777)
        switch source.medium {
        case "":
            if let group {
                try network.give(path, toGroup: group, mode: 0o2777)
            }
            return Volume(path: path, isReadOnly: false, isOnNode: true)
        case "Memory":
            // No more than the pod may have in all. Source: `calculateEmptyDirMemorySize` of pkg/volume/emptydir.
            let limits: [Int64?] = [source.sizeLimit.flatMap { $0.sign > 0 ? $0.value : nil }, Self.memoryLimit(of: pod.spec)]
            try await sandbox.mountMemory(
                at: path, size: limits.compactMap { $0 }.min(), mode: group == nil ? 0o777 : 0o2777, group: group)
            return Volume(path: path, isReadOnly: false, isOnNode: false)
        default: throw ConfigError("unknown storage medium \"\(source.medium)\": this version knows disk (empty) and Memory")
        }
    }

    /// nil when a container may have as much as there is.
    private static func memoryLimit(of spec: View<PodSpec>) -> Int64? {
        if let whole: Quantity = spec.resources?.limits["memory"] { return whole.value }
        let limits: [Quantity] = spec.containers.compactMap { $0.resources.limits["memory"] }
        return limits.count == spec.containers.count ? limits.reduce(.zero, +).value : nil
    }

    /// The file of a volume for variables, a name and a path in it; nil when it is not there. Throws ``ConfigError``.
    func file(_ path: String, in volume: String) throws(ConfigError) -> [UInt8]? {
        guard let found = ready[volume] else { throw ConfigError("volume \(JSON.quoted(volume)) is not there") }
        guard found.isOnNode, found.layers.isEmpty else {
            throw ConfigError("this version reads variables from volumes on the disk only; volume \(JSON.quoted(volume)) is none")
        }
        return SubPath.read(path, below: found.path)
    }

    /// False for a volume whose files don't come from the API.
    private mutating func makeFiles(
        _ volume: View<API.Volume>, _ pod: View<Pod>, _ fields: PodFields, _ now: ClusterClock.Instant
    ) async throws -> Bool {
        let group: UInt32? = pod.spec.securityContext?.fsGroup.map { UInt32(clamping: $0) }
        var sources = ProjectedFiles(
            client: client, fields: fields, user: Self.user(of: pod.spec), groupBits: group == nil ? 0 : 0o440, tokens: tokens,
            certificates: certificates, now: now)
        // A key that waits for its certificate is kept although the volume is not ready.
        defer { certificates = sources.certificates }
        if let source: View<ConfigMapVolumeSource> = volume.configMap {
            try await sources.add(source)
        } else if let source: View<SecretVolumeSource> = volume.secret {
            try await sources.add(source)
        } else if let source: View<DownwardAPIVolumeSource> = volume.downwardAPI {
            try sources.add(source)
        } else if let source: View<ProjectedVolumeSource> = volume.projected {
            try await sources.add(source)
        } else {
            return false
        }
        try VolumeFiles(folder: folders.volume(volume.name), give: give(to: self.group(of: pod))).show(sources.files)
        tokens = sources.tokens
        return true
    }

    /// Where there is but one identity, everything is its own.
    private func give(to group: UInt32?) -> @Sendable (String, VolumeFiles.File) throws -> Void {
        { [network] path, file in
            guard group != nil || file.user != nil, network.identities > 1 else { return }
            try network.give(path, toGroup: group ?? 0, user: file.user, mode: file.mode)
        }
    }

    /// The user as whom all containers run; nil when that is not one. Source: `FsUserFrom` of pkg/volume/util.
    private static func user(of spec: View<PodSpec>) -> UInt32? {
        let shared: Int? = spec.securityContext?.runAsUser
        let users: Set<Int?> = Set((spec.initContainers + spec.containers).map { $0.securityContext?.runAsUser ?? shared })
        return users.count == 1 ? users.first.flatMap { $0 }.map { UInt32(clamping: $0) } : nil
    }

    private func group(of pod: View<Pod>) -> UInt32? {
        network.identities > 1 ? pod.spec.securityContext?.fsGroup.map { UInt32(clamping: $0) } : nil
    }
}
