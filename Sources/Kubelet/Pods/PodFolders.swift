import API
import Machinery

/// Where the things of one pod lie.
///
///     <pod logs>/<namespace>_<pod>_<uid>/<container>/<attempt>.log
///     <state>/pods/<uid>/sandbox       the parent's socket and record
///     <state>/pods/<uid>/layers        the private layer of each container
///     <state>/pods/<uid>/seeds         files that an image wants there
///     <state>/pods/<uid>/volumes       one folder a volume
///     <state>/pods/<uid>/messages      what containers say when they end
///     <state>/pods/<uid>/etc           hosts and resolv.conf
///     <state>/pods/<uid>/images        what containers run from
///     <state>/pods/<uid>/address       the pod's address, for a kubelet that finds the pod before the API knows it
struct PodFolders: Sendable {
    let logs: String
    let state: String

    init(_ configuration: Kubelet.Configuration, key: ObjectKey, uid: String) {
        logs = "\(configuration.podLogsFolder)/\(key.namespace)_\(key.name)_\(uid)"
        state = Self.all(configuration) + "/" + uid
    }

    /// The folder with the state of all pods, one folder a uid.
    static func all(_ configuration: Kubelet.Configuration) -> String { configuration.stateFolder + "/pods" }

    var sandbox: String { state + "/sandbox" }
    var volumes: String { state + "/volumes" }
    var images: String { state + "/images" }
    var etc: String { state + "/etc" }
    var address: String { state + "/address" }

    /// The address that the pod's sandbox was made with; nil when there is none.
    var knownAddress: String? { Files.read(address, last: 64).map { String(decoding: $0, as: UTF8.self) } }

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

    /// Attempts of a container that have a log, the first ones first.
    func attempts(of container: String) -> [Int] {
        Files.names(in: logs(of: container)).compactMap { name in
            name.hasSuffix(".log") ? Int(name.dropLast(4)) : nil
        }.sorted()
    }
}
