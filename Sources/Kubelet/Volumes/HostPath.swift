/// What a `hostPath` volume demands of its path. Source: pkg/volume/hostpath/host_path.go.
enum HostPath {
    /// Where a path of the node lies. The node's own logs stand at /var/log, as on any node, though the host keeps them elsewhere.
    ///
    /// - Parameter logs: what the node has as /var/log.
    static func onNode(_ path: String, logs: String) -> String {
        let parts: [Substring] = path.split(separator: "/")
        guard parts.starts(with: ["var", "log"]) else { return path }
        guard parts.count == 2 || parts[2] == "pods" || parts[2] == "containers" else { return path }
        return parts.dropFirst(2).reduce(logs) { $0 + "/" + $1 }
    }

    /// Throws ``ConfigError`` or ``FileError``.
    static func check(_ path: String, type: String) throws {
        let found: Files.Kind? = Files.kind(path)
        func demand(_ kind: Files.Kind, _ name: String) throws(ConfigError) {
            if found != kind { throw ConfigError("hostPath type check failed: \(path) is not \(name)") }
        }
        switch type {
        case "":
            if found == nil { try Files.makeFolder(path, mode: 0o755) }
        case "DirectoryOrCreate":
            if found == nil { try Files.makeFolder(path, mode: 0o755) } else { try demand(.folder, "a directory") }
        case "FileOrCreate":
            if found == nil { try Files.write([], to: path, mode: 0o644) } else { try demand(.file, "a file") }
        case "Directory": try demand(.folder, "a directory")
        case "File": try demand(.file, "a file")
        case "Socket": try demand(.socket, "a socket file")
        case "CharDevice": try demand(.characterDevice, "a character device")
        case "BlockDevice": try demand(.blockDevice, "a block device")
        default: throw ConfigError("\(type) is an invalid volume type")
        }
    }
}
