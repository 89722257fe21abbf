import Sandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files and folders that a catalogue's entry wants in a container, as mounts over the node's.
struct ImageFiles {
    private let image: ResolvedImage
    /// Where they are made, for one run.
    private let folder: String
    private let node: NodeContext

    init(_ image: ResolvedImage, _ folder: String, _ node: NodeContext) {
        self.image = image
        self.folder = folder
        self.node = node
    }

    /// Makes them for a user. What lies in a volume of the container is the volume's affair.
    func make(for user: ContainerProcess.User?, below volumes: [String]) throws -> [Mount] {
        func isFree(_ path: String) -> Bool { !volumes.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") } }
        var mounts: [Mount] = []
        // What a start that failed has left is the user's already.
        if Files.kind(folder) != nil { try node.network.remove(folder) }
        if !image.folders.isEmpty || !image.files.isEmpty { try Files.makeFolder(folder) }
        let folders: [(path: String, made: String)] = image.folders.enumerated().compactMap { index, path in
            isFree(path) ? (path, "\(folder)/folder-\(index)") : nil
        }
        for (path, made) in folders {
            try Files.makeFolder(made, mode: 0o755)
            mounts.append(Mount(.host(path: made), at: path))
        }
        for (index, file) in image.files.enumerated() where isFree(file.path) {
            let name: Substring = file.path[(file.path.lastIndex(of: "/") ?? file.path.startIndex)...]
            let home: String? = folders.first { $0.path + name == file.path }?.made
            let made: String = home.map { $0 + name } ?? "\(folder)/file-\(index)"
            try Files.write(Array(file.content.utf8), to: made, mode: mode_t(file.mode))
            try own(made, user, mode: UInt32(file.mode))
            // In a folder of the image it is a file like others, which may be moved and removed.
            if home == nil { mounts.append(Mount(.host(path: made), at: file.path)) }
        }
        for (_, made) in folders { try own(made, user, mode: 0o755) }
        if !image.pausePath.isEmpty {
            mounts.append(Mount(.host(path: node.configuration.executable), at: image.pausePath, isReadOnly: true))
        }
        if let program = image.applets.isEmpty ? nil : HostPrograms.find(image.applets) {
            let applets: String = node.configuration.stateFolder + "/applets"
            try Files.makeFolder(applets, mode: 0o755)
            let place: String = applets + "/" + String(program.map { $0 == "/" ? "_" : $0 })
            try Applets.make(program, in: place)
            mounts.append(Mount(.host(path: place), at: Applets.place, isReadOnly: true))
        }
        return mounts
    }

    /// Where there is but one user, everything is his.
    private func own(_ path: String, _ user: ContainerProcess.User?, mode: UInt32) throws(SandboxError) {
        guard let user, node.network.identities > 1 else { return }
        try node.network.give(path, toGroup: user.gid, user: user.uid, mode: mode)
    }
}
