import API
import Machinery

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the things of one pod lie.
///
///     <pod logs>/<namespace>_<pod>_<uid>/<container>/<attempt>.log    and .log.<time> and .log.<time>.gz for what was moved aside
///     <pod logs>/../containers/<pod>_<namespace>_<container>-<id>.log a link to the log of each run
///     <state>/pods/<uid>/sandbox       the parent's socket and record
///     <state>/pods/<uid>/layers        the private layer of each container
///     <state>/pods/<uid>/seeds         files that an image wants there
///     <state>/pods/<uid>/volumes       one folder a volume
///     <state>/pods/<uid>/messages      what containers say when they end
///     <state>/pods/<uid>/etc           hosts and resolv.conf
///     <state>/pods/<uid>/images        what containers run from
///     <state>/pods/<uid>/back-offs     how long containers wait before they are started again
///     <state>/pods/<uid>/address       the pod's address and network, for a kubelet that finds the pod before the API knows it
struct PodFolders: Sendable {
    let logs: String
    /// What pods of this node find in /var/log: `pods` and `containers`.
    let nodeLogs: String
    let state: String

    init(_ configuration: Kubelet.Configuration, key: ObjectKey, uid: String) {
        logs = "\(configuration.podLogsFolder)/\(key.namespace)_\(key.name)_\(uid)"
        nodeLogs = Self.nodeLogs(configuration.podLogsFolder)
        state = Self.all(configuration) + "/" + uid
    }

    /// The folder with the state of all pods, one folder a uid.
    static func all(_ configuration: Kubelet.Configuration) -> String { configuration.stateFolder + "/pods" }

    var sandbox: String { state + "/sandbox" }
    var volumes: String { state + "/volumes" }
    var images: String { state + "/images" }
    var etc: String { state + "/etc" }
    /// How long containers wait before they are started again, JSON by name.
    var backOffs: String { state + "/back-offs" }
    var address: String { state + "/address" }

    /// The addresses that the pod's sandbox was made with; none when there is none.
    var knownAddresses: [String] { knownNetwork.first.map { $0.split(separator: ",").map(String.init) } ?? [] }
    /// The network that it was bound to, by its generation; nil when there is none.
    var knownGeneration: UInt64? { knownNetwork.count > 1 ? UInt64(knownNetwork[1]) : nil }

    private var knownNetwork: [Substring] {
        Files.read(address, last: 128).map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
    }

    func logs(of container: String) -> String { logs + "/" + container }
    func log(of container: String, attempt: Int) -> String { "\(logs)/\(container)/\(attempt).log" }
    func layer(of container: String, attempt: Int) -> String { "\(state)/layers/\(container).\(attempt)" }
    func seeds(of container: String, attempt: Int) -> String { "\(state)/seeds/\(container).\(attempt)" }
    func message(of container: String, attempt: Int) -> String { "\(state)/messages/\(container).\(attempt)" }
    /// What a container runs from, JSON.
    func image(of container: String) -> String { "\(images)/\(container)" }
    /// The same for a volume; no container is called so.
    func image(ofVolume name: String) -> String { "\(images)/volume:\(name)" }
    func volume(_ name: String) -> String { volumes + "/" + name }

    /// The folder in which that of the pods' logs lies.
    static func nodeLogs(_ podLogs: String) -> String { podLogs.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } }

    /// The name by which collectors of logs know a run of a container. Source: `logSymlink` of pkg/kubelet/kuberuntime.
    func link(of container: String, attempt: Int, pod: ObjectKey, uid: String) -> String {
        let id: Substring = ContainerID.text(podUID: uid, container: container, attempt: attempt).split(separator: "/").last ?? ""
        return "\(nodeLogs)/containers/\(pod.name)_\(pod.namespace)_\(container)-\(id).log"
    }

    /// Links whose logs are gone. Blocks.
    static func removeDanglingLinks(beside podLogs: String) {
        let folder: String = nodeLogs(podLogs) + "/containers"
        for name in Files.names(in: folder) where access(folder + "/" + name, F_OK) != 0 { try? Files.remove(folder + "/" + name) }
    }

    /// Attempts of a container that have a log, the first ones first.
    func attempts(of container: String) -> [Int] {
        Files.names(in: logs(of: container)).compactMap { name in
            name.hasSuffix(".log") ? Int(name.dropLast(4)) : nil
        }.sorted()
    }
}
