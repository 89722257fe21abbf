/// What a `hostPath` volume demands of its path. Source: pkg/volume/hostpath/host_path.go.
enum HostPath {
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
