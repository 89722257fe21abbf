import Machinery

/// How an image wants its program to be run. Source: the image configuration of OCI.
package struct ImageConfig: Sendable, Equatable {
    package var entrypoint: [String] = []
    package var command: [String] = []
    /// `NAME=value`, as the image has them.
    package var environment: [(name: String, value: String)] = []
    package var workingDirectory = ""
    /// `user`, `uid`, `user:group`, `uid:gid`; empty for root.
    package var user = ""
    /// `SIGQUIT` or a number; empty for TERM.
    package var stopSignal = ""
    /// `80/tcp`
    package var ports: [String] = []
    /// Paths that are volumes of their own.
    package var volumes: [String] = []
    package var platform = Platform(architecture: "")
    /// Digests of the layers, unpacked, the lowest first.
    package var layers: [Digest] = []
    package var created = ""

    /// Throws ``ImageError/damaged(_:)``.
    package init(_ bytes: [UInt8], of name: String) throws(ImageError) {
        guard let json = try? JSON(parsing: bytes) else { throw .damaged("the configuration of \(name) is no JSON") }
        platform = Platform(json)
        created = json["created"]?.string ?? ""
        for entry in json[["rootfs", "diff_ids"]]?.array ?? [] {
            guard let digest = entry.string.flatMap({ Digest($0) }) else {
                throw .damaged("the configuration of \(name) names a layer \(entry), which is no digest")
            }
            layers.append(digest)
        }
        func texts(_ json: JSON?) -> [String] { (json?.array ?? []).compactMap(\.string) }
        let config: JSON = json["config"] ?? [:]
        entrypoint = texts(config["Entrypoint"])
        command = texts(config["Cmd"])
        environment = texts(config["Env"]).map { text in
            let parts: [Substring] = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        workingDirectory = config["WorkingDir"]?.string ?? ""
        user = config["User"]?.string ?? ""
        stopSignal = config["StopSignal"]?.string ?? ""
        ports = (config["ExposedPorts"]?.object?.keys ?? []).sorted()
        volumes = (config["Volumes"]?.object?.keys ?? []).sorted()
    }

    package static func == (one: ImageConfig, other: ImageConfig) -> Bool {
        one.entrypoint == other.entrypoint && one.command == other.command
            && one.environment.map { "\($0)=\($1)" } == other.environment.map { "\($0)=\($1)" }
            && one.workingDirectory == other.workingDirectory && one.user == other.user && one.stopSignal == other.stopSignal
            && one.ports == other.ports && one.volumes == other.volumes && one.layers == other.layers && one.platform == other.platform
    }
}
