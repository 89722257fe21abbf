import Glibc
package import Machinery

/// The files that together make the user's kubeconfig, in order of precedence.
/// Source: k8s.io/client-go/tools/clientcmd/{loader,config}.go.
package struct KubeconfigFiles: Sendable {
    package let paths: [String]
    /// True for `--kubeconfig`: then the file has to be there.
    package let isExplicit: Bool

    /// - Parameter flag: the value of `--kubeconfig`.
    /// - Parameter environment: looks up a variable; `KUBECONFIG` and `HOME` are asked for.
    /// - Parameter mayBeMissing: takes the file of `--kubeconfig` for empty where it is not there.
    package init(flag: String?, environment: (String) -> String?, mayBeMissing: Bool = false) {
        if let flag, !flag.isEmpty {
            paths = [flag]
            isExplicit = !mayBeMissing
            return
        }
        isExplicit = false
        let listed: [String] = (environment("KUBECONFIG") ?? "").split(separator: ":").map(String.init)
        var unique: [String] = []
        for path in listed where !unique.contains(path) { unique.append(path) }
        paths = unique.isEmpty ? [(environment("HOME") ?? "") + "/.kube/config"] : unique
    }

    /// All files as one: the first to name an entry or the current context wins.
    ///
    /// - Parameter resolvesPaths: makes relative paths of key files absolute, as whoever reads those files needs them.
    package func load(resolvesPaths: Bool = true) throws(KubeconfigError) -> Kubeconfig {
        var merged = Kubeconfig()
        for path in paths {
            guard let config = try read(path) else { continue }
            for section in Kubeconfig.Section.allCases {
                for name in config.names(section) where merged[section, name] == nil {
                    let entry: JSON = config[section, name] ?? [:]
                    merged[section, name] = resolvesPaths ? Self.absolute(entry, besides: path) : entry
                }
            }
            if merged.currentContext.isEmpty { merged.currentContext = config.currentContext }
            for member in config.json.object ?? [:] where merged.json[member.key] == nil { merged.json[member.key] = member.value }
        }
        return merged
    }

    /// The first file that has the entry; nil when none has.
    package func file(of section: Kubeconfig.Section, _ name: String) throws(KubeconfigError) -> String? {
        for path in paths { if try read(path)?[section, name] != nil { return path } }
        return nil
    }

    /// Where a new entry goes: the first file that exists, else the last.
    package var fileForNewEntries: String { paths.first(where: LocalFile.exists) ?? paths[paths.count - 1] }

    /// Changes one file under its lock, in one step, and leaves everything else in it as it is. Makes the file when missing, mode 0600.
    package func edit(_ path: String, _ change: (inout Kubeconfig) throws(KubeconfigError) -> Void) throws(KubeconfigError) {
        let lock: String = path + ".lock"
        do {
            try LocalFile.makeFolder(LocalFile.parent(of: path))
            try Self.lock(lock)
            defer { unlink(lock) }
            let old: Kubeconfig? = try read(path, mayBeMissing: true)
            var new: Kubeconfig = old ?? Kubeconfig()
            try change(&new)
            if new != old { try LocalFile.replace(path, with: Array(new.text.utf8)) }
        } catch let error as KubeconfigError {
            throw error
        } catch {
            throw KubeconfigError("cannot change the kubeconfig: \(error)")
        }
    }

    /// Chooses the context: in the first file that has a choice already, else where new entries go.
    package func setCurrentContext(_ name: String) throws(KubeconfigError) {
        var target: String = fileForNewEntries
        for path in paths where try read(path)?.currentContext.isEmpty == false {
            target = path
            break
        }
        try edit(target) { $0.currentContext = name }
    }

    /// Adds or replaces one entry where it stands, else where new entries go.
    package func set(_ section: Kubeconfig.Section, _ name: String, _ value: JSON) throws(KubeconfigError) {
        try edit(try file(of: section, name) ?? fileForNewEntries) { $0[section, name] = value }
    }

    private func read(_ path: String, mayBeMissing: Bool = false) throws(KubeconfigError) -> Kubeconfig? {
        let bytes: [UInt8]
        do { bytes = try LocalFile.read(path) } catch {
            if error.isMissing, !isExplicit || mayBeMissing { return nil }
            throw KubeconfigError(
                error.isMissing ? "stat \(path): \(error.reason)" : "error loading config file \"\(path)\": \(error)")
        }
        return try Kubeconfig(parsing: bytes, file: path)
    }

    /// As client-go locks: a file that must not be there. Waits up to three seconds for another program to finish.
    private static func lock(_ path: String) throws(KubeconfigError) {
        for _ in 0..<150 {
            let descriptor: Int32 = open(path, O_CREAT | O_EXCL | O_CLOEXEC, 0)
            if descriptor >= 0 {
                close(descriptor)
                return
            }
            guard errno == EEXIST else {
                throw KubeconfigError("cannot lock the kubeconfig: \(FileError(operation: "open", path: path, errno: errno))")
            }
            usleep(20_000)
        }
        throw KubeconfigError("another program holds \(path); if none is running, remove that file and try again")
    }

    private static let pathMembers: [String] = ["certificate-authority", "client-certificate", "client-key", "tokenFile"]

    private static func absolute(_ entry: JSON, besides file: String) -> JSON {
        var entry: JSON = entry
        for member in pathMembers {
            guard let path = entry[member]?.string, !path.isEmpty, !path.hasPrefix("/") else { continue }
            var folder: String = LocalFile.parent(of: file)
            if !folder.hasPrefix("/") {
                guard let here = getcwd(nil, 0) else { continue }
                defer { free(here) }
                folder = String(cString: here) + (folder.isEmpty ? "" : "/" + folder)
            }
            entry[member] = .string(folder + "/" + path)
        }
        // A credential plugin that is named by a path stands beside the file, too.
        if let command = entry[["exec", "command"]]?.string, command.contains("/"), !command.hasPrefix("/") {
            let folder: String = LocalFile.parent(of: file)
            entry[["exec", "command"]] = .string((folder.isEmpty ? "." : folder) + "/" + command)
        }
        return entry
    }
}
