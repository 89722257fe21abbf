import API
import Machinery

/// How much of the node's disk a pod may take, and whether it takes more. Source: pkg/kubelet/eviction/eviction_manager.go,
/// `localStorageEviction`.
struct StorageLimits: Sendable {
    /// Where something lies and what it may take.
    private struct Limit: Sendable {
        let paths: [String]
        let limit: Quantity
        let message: String
    }

    private let limits: [Limit]

    /// nil for a pod without limits.
    init?(_ pod: View<Pod>, _ folders: PodFolders) {
        var limits: [Limit] = []
        var emptyDirs: [String] = []
        for volume in pod.spec.volumes {
            guard let source: View<EmptyDirVolumeSource> = volume.emptyDir, source.medium != "Memory" else { continue }
            let path: String = folders.volume(volume.name)
            emptyDirs.append(path)
            if let limit = source.sizeLimit, limit.sign > 0 {
                limits.append(
                    Limit(
                        paths: [path], limit: limit,
                        message: "Usage of EmptyDir volume \"\(volume.name)\" exceeds the limit \"\(limit)\". "))
            }
        }
        var sum = Quantity.zero
        var all = true
        for container in pod.spec.containers {
            guard let limit = container.resources.limits["ephemeral-storage"], limit.sign > 0 else {
                all = false
                continue
            }
            sum += limit
            limits.append(
                Limit(
                    paths: Self.paths(of: container.name, folders), limit: limit,
                    message: "Container \(container.name) exceeded its local ephemeral storage limit \"\(limit)\". "))
        }
        if all, !pod.spec.containers.isEmpty {
            let paths: [String] = pod.spec.containers.flatMap { Self.paths(of: $0.name, folders) } + emptyDirs
            limits.append(
                Limit(
                    paths: paths, limit: sum,
                    message: "Pod ephemeral local storage usage exceeds the total limit of containers \(sum). "))
        }
        guard !limits.isEmpty else { return nil }
        self.limits = limits
    }

    /// The log and the private layer.
    private static func paths(of container: String, _ folders: PodFolders) -> [String] {
        let layers: String = folders.state + "/layers"
        let own: [String] = Files.names(in: layers).filter { ContainerRecord.parse(sandboxID: $0)?.name == container }
        return [folders.logs(of: container)] + own.map { "\(layers)/\($0)" }
    }

    /// Bytes that each container takes, and under an empty name the pod's volumes on the disk. Blocks.
    static func usage(_ pod: View<Pod>, _ folders: PodFolders) -> [String: Int64] {
        var usage: [String: Int64] = [:]
        for container in pod.spec.containers {
            usage[container.name] = paths(of: container.name, folders).reduce(0) { $0 + FolderSize.bytes($1) }
        }
        for volume in pod.spec.volumes {
            guard let source: View<EmptyDirVolumeSource> = volume.emptyDir, source.medium != "Memory" else { continue }
            usage["", default: 0] += FolderSize.bytes(folders.volume(volume.name))
        }
        return usage
    }

    /// Says what takes too much; nil while nothing does. Blocks: it looks at every file.
    func excess() -> String? {
        limits.first { limit in
            let used: Int64 = limit.paths.reduce(0) { $0 + FolderSize.bytes($1) }
            return Quantity(used) > limit.limit
        }?.message
    }
}
